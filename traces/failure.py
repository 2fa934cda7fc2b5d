"""How a run failed, if it did, and whether that was the approach's fault."""

import re
from typing import Final, NamedTuple

from pilotfish.schemas.control_flow import ABANDONED, EXITS, UNKNOWN
from pilotfish.schemas.events import MAX_DETAIL, SignalKind
from pilotfish.schemas.infrastructure import NAMES, verdict_of_status
from pilotfish.schemas.texts import encodable
from pilotfish.traces.run import Run
from pilotfish.traces.tree import Node
from pilotfish.traces.values import text

_OF_THE_NETWORK: Final = frozenset(
    {
        "BrokenPipeError",
        "ConnectionAbortedError",
        "ConnectionRefusedError",
        "ConnectionResetError",
        "TimeoutError",
        "gaierror",
        "herror",
        "timeout",
    }
)
"""What Python itself raises; as strings of OpenTelemetry name it, too."""
_OF_PYTHON: Final = frozenset(
    {
        "AssertionError",
        "AttributeError",
        "ImportError",
        "IndexError",
        "KeyError",
        "ModuleNotFoundError",
        "NameError",
        "SyntaxError",
        "TypeError",
        "ZeroDivisionError",
    }
)
"""Raised where a program is wrong: never because of what a model or a tool raised before."""
_STATUS: Final = re.compile(r"\b(?:error|status)(?: code)?:? (\d{3})\b", re.IGNORECASE)
"""Where providers' clients say the status in the message of an exception."""
_REPR: Final = re.compile(r"(?:[\w.]+\.)?(\w+)[(:]")
"""The beginning of an exception's description: `ValueError: no` or `ValueError('no')`."""


class Failure(NamedTuple):
    """What ended a span: the name of an exception, and its description."""

    name: str
    detail: str


class Outcome(NamedTuple):
    """What a failure is evidence of; nothing if the kind is None."""

    kind: SignalKind | None
    detail: str
    node: Node


def outcome_of(run: Run) -> Outcome | None:
    """Return how a run failed; None if it went well, as far as its spans tell."""
    node = _failed(run)
    if node is None:
        return None
    failure = failure_of(node)
    if failure.name in ABANDONED | UNKNOWN | EXITS:
        return Outcome(None, failure.detail, node)
    infrastructure = _is_infrastructure(failure)
    if infrastructure is None and failure.name not in _OF_PYTHON:
        infrastructure = _is_cause(run)
    kind: SignalKind = "infrastructure" if infrastructure else "exception"
    return Outcome(kind, failure.detail, node)


def failure_of(node: Node) -> Failure:
    """Return what ended a span in error."""
    span = node.span
    raised = next((e for e in reversed(span.events) if e.name == "exception"), None)
    told = raised.attributes if raised else {}
    message = text(told.get("exception.message")) or span.status_message
    kind = text(told.get("exception.type")) or node.operation.text("error_type")
    kind = kind.rpartition(".")[2]
    if not kind:
        described = _REPR.match(message)
        kind = described[1] if described else ""
    detail = message if message.startswith(kind) else f"{kind}: {message}"
    return Failure(kind, encodable(detail.strip(": ") or "error")[:MAX_DETAIL])


def _failed(run: Run) -> Node | None:
    """Return the span whose error ended the run.

    That is its root; or, where a framework closes the root without a word, the last agent
    that the run's own frame holds, if nothing came after it.
    """
    top = run.tops[0]
    if top.span.status == "error":
        return top
    if not run.is_whole or not run.agents:
        return None
    last = max(run.agents, key=lambda node: node.span.end_us)
    later = any(n.span.start_us > last.span.end_us for n in run.nodes)
    return last if last.span.status == "error" and not later else None


def _is_infrastructure(failure: Failure) -> bool | None:
    """Return what the exception itself says: None if it says nothing."""
    if failure.name in NAMES | _OF_THE_NETWORK:
        return True
    verdict = verdict_of_status(failure.name)
    status = _STATUS.search(failure.detail)
    return verdict_of_status(status[1]) if verdict is None and status else verdict


def _is_cause(run: Run) -> bool | None:
    """Return whether what failed last in the run was infrastructure, and nothing followed."""
    done = [n for n in run.nodes if n.operation.kind in ("model", "tool", "retrieval")]
    if not done:
        return None
    last = max(done, key=lambda node: (node.span.end_us, node.span.start_us))
    return _is_infrastructure(failure_of(last)) if last.span.status == "error" else None
