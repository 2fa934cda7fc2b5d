"""A strategy in words: a line that a model can follow, made of moves alone."""

from collections.abc import Sequence

from pilotfish.strategies.moves import ANSWER, THOUGHT
from pilotfish.strategies.patterns import Pattern

_PLANS = ("plan", "planning", "todo")


def instruction(pattern: Pattern) -> str:
    """Return one line: what to do first, and what then."""
    steps = [_phrase(move) for move in pattern]
    if not steps:
        return ""
    return f"First {_joined(steps)}."


def name_of(pattern: Pattern) -> str:
    """Return a short name: the moves, in order."""
    return ", ".join(move.rsplit(":", 1)[-1] for move in pattern)[:200]


def _phrase(move: str) -> str:
    tool, _, detail = move.partition(":")
    if move == ANSWER:
        return "answer"
    if tool in _PLANS:
        return "write a plan"
    if tool in (THOUGHT, "reasoning", "think"):
        return "think about what to do"
    return f"use {tool} to {detail}" if detail else f"use {tool}"


def _joined(steps: Sequence[str]) -> str:
    return ", then ".join(steps)
