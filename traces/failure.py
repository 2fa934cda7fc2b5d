"""How a run failed, if it did, and whether that was the approach's fault."""

import re
from typing import Final, NamedTuple

from pilotfish.schemas.control_flow import ABANDONED, EXITS, UNKNOWN
from pilotfish.schemas.events import MAX_DETAIL, SignalKind
from pilotfish.schemas.infrastructure import means_infrastructure, verdict_of_status
from pilotfish.schemas.texts import encodable
from pilotfish.traces.run import Run
from pilotfish.traces.tree import Node
from pilotfish.traces.values import text

_OF_THE_NETWORK: Final = frozenset({"BrokenPipeError", "gaierror", "herror", "timeout"})
"""Beside the names that packages use: Python's own, and OpenTelemetry's for a timeout."""
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
_RAISED: Final = re.compile(
    r"^Traceback \(most recent call last\):\n(?:[ \t].*\n|\n)*([\w.]+)", re.MULTILINE
)
"""A stack trace of Python, up to the name of the exception."""
_REPR: Final = re.compile(r"(?:[\w.]+\.)?(\w+)[(:]")
"""The beginning of an exception's description: `ValueError: no` or `ValueError('no')`."""


class Raised(NamedTuple):
    """What ended a span: the name of an exception, its description, and what led to it."""

    name: str
    detail: str
    causes: tuple[str, ...] = ()


class Failure(NamedTuple):
    """What a failure is evidence of; nothing if the kind is None."""

    kind: SignalKind | None
    detail: str
    node: Node


def failure_of(run: Run) -> Failure | None:
    """Return how a run failed; None if it went well, as far as its spans tell."""
    node = _failed(run)
    if node is None:
        return None
    raised = raised_by(node)
    if raised.name in ABANDONED | UNKNOWN | EXITS:
        return Failure(None, raised.detail, node)
    infrastructure = _is_infrastructure(raised)
    if infrastructure is None and raised.name not in _OF_PYTHON:
        infrastructure = any(map(_names_infrastructure, raised.causes)) or _is_last(run)
    kind: SignalKind = "infrastructure" if infrastructure else "exception"
    return Failure(kind, raised.detail, node)


def raised_by(node: Node) -> Raised:
    """Return what ended a span in error."""
    span = node.span
    exceptions = [e.attributes for e in span.events if e.name == "exception"]
    told = exceptions[-1] if exceptions else {}
    message = text(told.get("exception.message")) or span.status_message
    kind = text(told.get("exception.type")) or node.operation.text("error_type")
    kind = _short(kind)
    if not kind:
        described = _REPR.match(message[:200])
        kind = described[1] if described else ""
    detail = message if message.startswith(kind) else f"{kind}: {message}"
    raised_before = _RAISED.findall(text(told.get("exception.stacktrace")))[:-1]
    return Raised(
        kind,
        encodable(detail.strip(": ") or "error")[:MAX_DETAIL],
        tuple(_short(before) for before in raised_before),
    )


def _short(kind: str) -> str:
    return kind.rpartition(".")[2]


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


def _is_infrastructure(raised: Raised) -> bool | None:
    """Return what the exception itself says: None if it says nothing."""
    if _names_infrastructure(raised.name):
        return True
    verdict = verdict_of_status(raised.name)
    status = _STATUS.search(raised.detail)
    return verdict_of_status(status[1]) if verdict is None and status else verdict


def _names_infrastructure(kind: str) -> bool:
    return kind in _OF_THE_NETWORK or means_infrastructure(kind)


def _is_last(run: Run) -> bool | None:
    """Return whether what failed last in the run was infrastructure, and nothing followed."""
    done = [n for n in run.nodes if n.operation.kind in ("model", "tool", "retrieval")]
    if not done:
        return None
    last = max(done, key=lambda node: (node.span.end_us, node.span.start_us))
    return _is_infrastructure(raised_by(last)) if last.span.status == "error" else None
