"""How approaches have done on each kind of problem: the evidence that a hint names."""

from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple, Self

MOST: Final = 10_000
"""Pairs of kind and approach that are counted; later pairs are not."""

Entry = tuple[str, str, int, float]


class Record(NamedTuple):
    """Labelled attempts, and the sum of their P(success)."""

    attempts: int = 0
    successes: float = 0.0

    @property
    def share(self) -> float:
        """Mean P(success); 0 where there is no attempt."""
        return self.successes / self.attempts if self.attempts else 0.0

    def plus(self, other: "Record") -> "Record":
        """Return the sum of both."""
        return Record(self.attempts + other.attempts, self.successes + other.successes)


class Records:
    """Records by kind of problem and approach."""

    def __init__(self) -> None:
        self._of: dict[tuple[str, str], Record] = {}

    @classmethod
    def restored(cls, entries: Iterable[Entry]) -> Self:
        """Return the records that `entries` came from."""
        records = cls()
        records._of = {(kind, name): Record(n, sum_) for kind, name, n, sum_ in entries}
        return records

    @property
    def entries(self) -> list[Entry]:
        """Kind, approach, attempts and successes."""
        return [
            (kind, name, record.attempts, record.successes)
            for (kind, name), record in self._of.items()
        ]

    def count(self, kind: str, approach: str, p_success: float, times: int = 1) -> None:
        """Count an attempt; with `times` -1, take a counted one back."""
        pair = kind, approach
        if pair in self._of or len(self._of) < MOST:
            change = Record(times, times * p_success)
            self._of[pair] = self._of.get(pair, Record()).plus(change)

    def of(self, kind: str, approaches: Sequence[str]) -> list[Record]:
        """Return one record for each approach, empty where nothing was counted."""
        return [self._of.get((kind, name), Record()) for name in approaches]
