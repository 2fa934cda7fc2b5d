"""Which sources of labels depend on one another: a G-test of each pair's votes."""

import math
from collections.abc import Iterable
from typing import Final

SIGNIFICANT: Final = 9.2
"""Of G with two degrees of freedom: one pair in a hundred by chance."""


def g_statistic(table: list[float]) -> float:
    """Return G of a two by two table of counts, given row by row; Woolf 1957."""
    total = sum(table)
    rows = table[0] + table[1], table[2] + table[3]
    columns = table[0] + table[2], table[1] + table[3]
    g = 0.0
    for at, seen in enumerate(table):
        expected = rows[at // 2] * columns[at % 2]
        if seen > 0 and expected > 0:
            g += 2 * seen * math.log(seen * total / expected)
    return g


def mates(tests: Iterable[tuple[float, str, str]]) -> dict[str, str]:
    """Return who depends on whom, both ways, of (G, one, other), the strongest first.

    Nobody has more than one mate.
    """
    found: dict[str, str] = {}
    for g, a, b in sorted(tests, key=lambda test: (-test[0], *test[1:])):
        if g > SIGNIFICANT and a not in found and b not in found:
            found |= {a: b, b: a}
    return found
