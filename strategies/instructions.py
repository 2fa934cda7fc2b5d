"""A strategy in words: a line that a model can follow, made of moves alone."""

from collections.abc import Iterator
from typing import Final

from pilotfish.strategies.moves import ANSWER, PLAN, THOUGHT
from pilotfish.strategies.patterns import Pattern
from pilotfish.strategies.verbs import PHRASES

_WHOLE: Final = {
    ANSWER: "answer",
    PLAN: "write a plan",
    THOUGHT: "think about what to do",
    f"{THOUGHT}:cot": "reason step by step",
    f"{THOUGHT}:chain_of_thought": "reason step by step",
}
_CHECKS: Final = ("verify", "check", "validate", "review", "critique", "reflect")
"""Tools and thoughts that look again at what was done."""
_CHECK: Final = "check what you have"


def instruction(pattern: Pattern) -> str:
    """Return one line: what to do first, and what then."""
    steps = phrases(pattern)
    return f"First {', then '.join(steps)}." if steps else ""


def phrases(pattern: Pattern) -> list[str]:
    """Return what to do, one phrase for each move."""
    return list(_phrases(pattern))


def name_of(pattern: Pattern) -> str:
    """Return a short name: the moves, in order."""
    return ", ".join(move.rsplit(":", 1)[-1] for move in pattern)[:200]


def _phrases(pattern: Pattern) -> Iterator[str]:
    """Yield what to do; a tool is named where it is another than before."""
    before = ""
    for move in pattern:
        tool, _, detail = move.partition(":")
        if move in _WHOLE:
            yield _WHOLE[move]
        elif tool == THOUGHT:
            yield _CHECK if detail in _CHECKS else f"think by {detail}"
        else:
            yield _use(tool, detail, before)
            before = tool


def _use(tool: str, detail: str, before: str) -> str:
    """Return a phrase for a tool; `detail` is a verb, or whom it hands over to."""
    if tool in _CHECKS:
        return f"{_CHECK} with {tool}"
    if tool == "skill" and detail:
        return f"use the skill {detail}"
    if detail in PHRASES:
        same = tool in (before, detail)
        return PHRASES[detail] if same else f"{PHRASES[detail]} with {tool}"
    return f"hand over to {detail} with {tool}" if detail else f"use {tool}"
