"""The one pure function from the spans of a trace to the events of its attempts."""

from collections.abc import Sequence

from pilotfish.schemas.events import Event
from pilotfish.traces.span import Span


def has_ended(spans: Sequence[Span]) -> bool:
    """Return whether the root of the trace is among its spans: a span is exported at its end."""
    return any(not span.parent_id for span in spans)


def events_of(
    spans: Sequence[Span], tenant: str, *, abandoned: bool = False
) -> list[Event]:
    """Return the events of the attempts that one trace tells of.

    The order and the number of copies of a span do not matter. The same span gives events
    with the same ids, whatever else of the trace is there.

    Args:
        spans: of one trace, as far as they are here.
        tenant: whose trace it is.
        abandoned: its root will not come: the agent was killed.
    """
    raise NotImplementedError
