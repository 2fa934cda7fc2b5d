"""The problem that a run was about."""

from collections.abc import Iterator

from pilotfish.schemas.events import MAX_PROBLEM
from pilotfish.traces.contents import asked, problem_of
from pilotfish.traces.messages import messages
from pilotfish.traces.run import Run


def problem_text(run: Run) -> str:
    """Return the input of the run's root, else of the first span below that has one."""
    return next(filter(None, _questions(run)), "")[:MAX_PROBLEM]


def _questions(run: Run) -> Iterator[str]:
    for node in run.nodes:
        operation = node.operation
        if operation.kind == "model" or "input_messages" in operation.facts:
            yield asked(operation.input_messages)
        elif operation.kind in ("agent", "other"):
            yield problem_of(operation.facts.get("input"))
    for node in run.nodes:
        yield asked(messages(node.operation.facts.get("conversation"), "user"))
