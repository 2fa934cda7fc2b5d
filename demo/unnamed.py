"""The agent of `--unnamed`: it publishes what it does, and names no approach.

Advice comes as the instruction of a strategy that was found in what it did before. It
follows that as a language model would: it goes about the problem in that one of its ways
which is most like the instruction.
"""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import chain

import pilotfish
from pilotfish._sdk.attempt import Attempt
from pilotfish.demo.approaches.moves import MOVES
from pilotfish.demo.run import Agent

_KNOWN = frozenset(chain.from_iterable(MOVES.values()))
_WORD = re.compile(r"[a-z_]+")


class UnnamedAgent(Agent):
    """Makes its attempts as `Agent` does."""

    def ask(self, attempt: Attempt) -> pilotfish.Hint:
        return attempt.advice()

    def choose(self, hint: pilotfish.Hint) -> str | None:
        return following(hint.text)

    def tell(self, attempt: Attempt, approach: str) -> None:
        """Say nothing: the steps tell."""


def following(text: str) -> str | None:
    """Return the approach whose moves are most like those in a text; None without any."""
    moves = moves_in(text)
    if not moves:
        return None
    return max(MOVES, key=lambda approach: _likeness(moves, MOVES[approach]))


def moves_in(text: str) -> list[str]:
    """Return the moves that a text names and this agent can make, in order."""
    return [word for word in _WORD.findall(text) if word in _KNOWN]


def _likeness(moves: Sequence[str], own: Sequence[str]) -> float:
    return SequenceMatcher(None, moves, own, autojunk=False).ratio()
