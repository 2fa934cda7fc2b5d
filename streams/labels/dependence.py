"""Finds sources of labels that depend on one another, by a G-test of each pair's votes."""

import math
from collections.abc import Iterable
from typing import Final

SIGNIFICANT: Final = 9.2
"""G with two degrees of freedom that one pair in a hundred exceeds by chance."""


def g_statistic(table: list[float]) -> float:
    """Return G of a two by two table of counts, given row by row; Woolf 1957."""
    total = sum(table)
    rows = table[0] + table[1], table[2] + table[3]
    columns = table[0] + table[2], table[1] + table[3]
    g = 0.0
    for index, observed in enumerate(table):
        expected = rows[index // 2] * columns[index % 2]
        if observed > 0 and expected > 0:
            g += 2 * observed * math.log(observed * total / expected)
    return g


def dependent_pairs(tests: Iterable[tuple[float, str, str]]) -> dict[str, str]:
    """Return pairs of dependent sources, in both directions, from (G, source, source).

    The strongest pairs are taken first; each source is in at most one pair.
    """
    pairs: dict[str, str] = {}
    for g, a, b in sorted(tests, key=lambda test: (-test[0], *test[1:])):
        if g > SIGNIFICANT and a not in pairs and b not in pairs:
            pairs |= {a: b, b: a}
    return pairs
