"""Names of groups: the terms that tell a group's problems from those of the others.

Words are scored as in class-based TF-IDF (Grootendorst, 2022): how often a group's
problems have a word, times how rare it is in all groups. A problem counts a word once,
and a word that is in one problem alone is no term: a name gives away no attempt.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from math import log
from typing import Final

Terms = Mapping[str, Sequence[str]]
"""The terms of each group, the most telling first."""
Naming = Callable[[Terms], dict[str, str]]
"""Gives each group a name; empty where it has no terms."""

MOST: Final = 12
_IN_A_NAME: Final = 3
_WORD: Final = re.compile(r"[^\W\d_]{3,20}")


def terms(problems: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return at most `MOST` terms of each group, of some of its problems."""
    counts = {group: _counted(texts) for group, texts in problems.items()}
    everywhere: Counter[str] = Counter()
    for count in counts.values():
        everywhere.update(count)
    mean = sum(everywhere.values()) / max(len(counts), 1)
    return {
        group: _best(count, len(problems[group]), everywhere, mean)
        for group, count in counts.items()
    }


def by_terms(of: Terms) -> dict[str, str]:
    """Name each group by its first terms."""
    return {group: " ".join(found[:_IN_A_NAME]) for group, found in of.items()}


def _counted(texts: Sequence[str]) -> Counter[str]:
    counted: Counter[str] = Counter()
    for text in texts:
        counted.update(set(_WORD.findall(text.lower())))
    return counted


def _best(
    count: Counter[str], size: int, everywhere: Counter[str], mean: float
) -> list[str]:
    scores = {
        word: -(n / size) * log(1 + mean / everywhere[word])
        for word, n in count.items()
        if n > 1
    }
    return sorted(scores, key=lambda word: (scores[word], word))[:MOST]
