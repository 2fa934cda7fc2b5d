"""The runs of OpenAI Agents in this process that have begun and not ended."""

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from agents.tracing import Span

from pilotfish.integrations.runs import Runs

if TYPE_CHECKING:
    from pilotfish.integrations.openai_agents.processor import PilotfishProcessor


class Begun(NamedTuple):
    """A run that has begun.

    Args:
        outside: what was being handled already.
        recorder: begins its attempt; None: nobody does, unless hooks do.
    """

    outside: BaseException | None
    recorder: "PilotfishProcessor | None"


RUNS: Final = Runs[str]()
BEGUN: Final[dict[str, Begun]] = {}
"""The runs by the ids of their spans, those within other runs, too."""
HELD: Final[dict[str, list[Span[Any]]]] = {}
"""Attempt -> calls without a result: of tools that return none, unless the run ends with
them. Then they wait for a person, and are called again."""


def run_id(span_id: str | None) -> str | None:
    """Return the id of the innermost run that a span is part of."""
    while span_id is not None and span_id not in BEGUN:
        span_id = RUNS.parents.get(span_id)
    return span_id


def outermost_run_id(span_id: str) -> str | None:
    """Return the id of the outermost run that a span is part of."""
    outermost = outer = run_id(span_id)
    while outer is not None:
        outermost, outer = outer, run_id(RUNS.parents.get(outer))
    return outermost
