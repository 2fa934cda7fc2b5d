"""A step as spans tell it."""

from typing import NamedTuple

from pilotfish.schemas.events import StepKind


class Step(NamedTuple):
    """A step, and what of which span it is, which makes its id.

    Args:
        at_us: when it began, or its result was there; microseconds since 1970.
        origin: the id of the span, and what of it: `00f067aa0ba902b7/model`.
    """

    at_us: int
    origin: str
    kind: StepKind
    name: str
    content: str = ""
    duration_s: float | None = None
    cost: float = 0.0
    tokens: int = 0
