"""Which move to advise in the middle of an attempt, or none.

The evidence is observational: whoever went on in one way may have had reasons to. So a move
is named only where those who made it next surely succeeded more often than those who went
on otherwise from the same beginning, and only one that is a way to go on: whether to end
follows from how it went. What advice of it is worth, the holdout tells.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist
from typing import Final

from pilotfish.advisors.next_moves import NO_OTHER
from pilotfish.advisors.records import Record
from pilotfish.strategies.moves import ANSWER
from pilotfish.strategies.patterns import Pattern
from pilotfish.strategies.wilson import newcombe

ENOUGH: Final = 20
"""Attempts with the move and without it from which they are compared, as strategies are."""
ERROR: Final = 0.05
"""Chance that any of the compared moves seems to be better where none is."""

_ENDS: Final = (NO_OTHER, ANSWER, "submit", "finish")


@dataclass(frozen=True, slots=True)
class NextMove:
    """The answer to an attempt that has made `moves` on a problem of this `kind`.

    `records` are of the attempts that began so, by their next move. `chosen` is the move
    to make next; None where none is surely better.
    """

    kind: str
    moves: Pattern
    records: Mapping[str, Record]
    chosen: str | None

    @property
    def all(self) -> Record:
        """The record of all attempts that began so."""
        return _sum(self.records)

    @property
    def otherwise(self) -> Record:
        """The record of those that went on in another way than the chosen one."""
        return _sum({m: r for m, r in self.records.items() if m != self.chosen})


def next_move(kind: str, moves: Pattern, records: Mapping[str, Record]) -> NextMove:
    """Return the answer: of the moves that are surely better, that with the best record."""
    total = _sum(records)
    compared = {
        move: (record, _less(total, record))
        for move, record in records.items()
        if min(record.attempts, total.attempts - record.attempts) >= ENOUGH
        and move.rsplit(":", 1)[-1] not in _ENDS
    }
    better = [
        move
        for move, (own, others) in compared.items()
        if gain(own, others, ERROR / len(compared))[0] > 0
    ]
    chosen = max(better, key=lambda move: (records[move].share, move), default=None)
    return NextMove(kind, moves, records, chosen)


def gain(own: Record, others: Record, error: float) -> tuple[float, float]:
    """Return the interval of how much more often `own` succeeded than `others`.

    `error` is the chance that the difference lies outside. Both have attempts.
    """
    z = NormalDist().inv_cdf(1 - error / 2)
    (n, k), (others_n, others_k) = own, others
    return newcombe((k, n), (others_k, others_n), z)


def _sum(records: Mapping[str, Record]) -> Record:
    total = Record()
    for record in records.values():
        total = total.plus(record)
    return total


def _less(total: Record, part: Record) -> Record:
    return Record(total.attempts - part.attempts, total.successes - part.successes)
