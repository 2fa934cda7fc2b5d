"""How attempts went on from each beginning: the evidence of advice in the middle of one.

A beginning is an attempt's first moves, see `strategies/patterns.py`. Of each kind of
problem and beginning it is counted what was decided next, and how that went. Nothing of
it was drawn by chance: who decides something has seen something.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, Self

from pilotfish.advisors.records import Record
from pilotfish.strategies.patterns import LENGTH, Pattern, pattern_of

MOST: Final = 10_000
"""Triples of kind, beginning and next move that are counted; later triples are not."""
NO_OTHER: Final = ""
"""In place of a next move: the attempt made no other one."""

Entry = tuple[str, Pattern, str, int, float]


class NextMoves:
    """Records by kind of problem, beginning and next move."""

    def __init__(self) -> None:
        self._of: dict[tuple[str, Pattern], dict[str, Record]] = {}
        self._size = 0

    @classmethod
    def restored(cls, entries: Iterable[Entry]) -> Self:
        """Return the counts that `entries` came from."""
        moves = cls()
        for kind, beginning, move, attempts, successes in entries:
            record = Record(attempts, successes)
            moves._of.setdefault((kind, tuple(beginning)), {})[move] = record
            moves._size += 1
        return moves

    @property
    def entries(self) -> list[Entry]:
        """Kind, beginning, next move, attempts and successes."""
        return [
            (kind, beginning, move, record.attempts, record.successes)
            for (kind, beginning), records in self._of.items()
            for move, record in records.items()
        ]

    def count(
        self, kind: str, moves: Sequence[str], p_success: float, times: int = 1
    ) -> None:
        """Count an attempt with these moves; with `times` -1, take a counted one back.

        An attempt without any move counts for nothing.
        """
        if not moves:
            return
        change = Record(times, times * p_success)
        steps = (*pattern_of(moves), NO_OTHER)[:LENGTH]
        for place, move in enumerate(steps):
            self._add((kind, steps[:place]), move, change)

    def after(self, kind: str, moves: Sequence[str]) -> Mapping[str, Record]:
        """Return the records of attempts that began with all these moves, by the next one.

        Empty where nobody began so, or where there are `LENGTH` moves or more: later moves
        answer to what happened.
        """
        return self._of.get((kind, tuple(moves)), {})

    def _add(self, place: tuple[str, Pattern], move: str, change: Record) -> None:
        before = self._of.get(place, {}).get(move)
        if before is None and self._size >= MOST:
            return
        self._size += before is None
        self._of.setdefault(place, {})[move] = (before or Record()).plus(change)
