"""What agents do when they are advised something: it, or something else.

An agent that is advised what it cannot do does something else, so that what was advised
stays untried and keeps the record that it had by chance. What advice is worth is therefore
what comes of giving it (the intention to treat), and that is the mean over what is then
done.
"""

from collections.abc import Iterable, Sequence
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

MOST: Final = 10_000
"""Triples of kind, advised and done that are counted; later triples are not."""
PRIOR: Final = 5.0
"""Pseudo-counts: so many attempts are taken to have followed before any is counted, and
what is done over all kinds of problems weighs as many attempts of one kind."""

_ANY: Final = ""

Matrix = NDArray[np.float64]
Entry = tuple[str, str, str, int]


class Adherence:
    """How often each approach was done where one was advised, by kind of problem."""

    def __init__(self) -> None:
        self._of: dict[tuple[str, str], dict[str, int]] = {}
        self._size = 0

    @classmethod
    def restored(cls, entries: Iterable[Entry]) -> Self:
        """Return the counts that `entries` came from."""
        adherence = cls()
        for kind, advised, done, attempts in entries:
            adherence._of.setdefault((kind, advised), {})[done] = attempts
            adherence._size += 1
        return adherence

    @property
    def entries(self) -> list[Entry]:
        """Kind, advised, done and attempts; empty kind: of all kinds."""
        return [
            (kind, advised, done, attempts)
            for (kind, advised), counts in self._of.items()
            for done, attempts in counts.items()
        ]

    def count(self, kind: str, advised: str, done: str, times: int = 1) -> None:
        """Count an attempt; with `times` -1, take a counted one back.

        One that was advised nothing, or of which it is unknown what it did, counts for
        nothing.
        """
        for each in dict.fromkeys((_ANY, kind)) if advised and done else ():
            counts = self._of.get((each, advised), {})
            if done not in counts and self._size >= MOST:
                continue
            self._size += done not in counts
            counts[done] = counts.get(done, 0) + times
            self._of[each, advised] = counts

    def shares(self, kind: str, approaches: Sequence[str]) -> Matrix:
        """Return the chance (n, n) of doing the one of a column, advised that of a row.

        Rows sum to 1. What is done and is none of these counts as any of them.
        """
        places = {name: place for place, name in enumerate(approaches)}
        return np.stack([self._row(kind, name, places) for name in approaches])

    def _row(self, kind: str, advised: str, places: dict[str, int]) -> Matrix:
        row = np.zeros(len(places))
        row[places[advised]] = 1.0
        for each in dict.fromkeys((_ANY, kind)):
            row *= PRIOR
            for done, attempts in self._of.get((each, advised), {}).items():
                if done in places:
                    row[places[done]] += attempts
                else:
                    row += attempts / len(places)
            row /= row.sum()
        return row
