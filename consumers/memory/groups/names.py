"""Names of groups: the terms that distinguish a group's problems from the others.

Words are scored as in class-based TF-IDF (Grootendorst, 2022): how often a group's
problems have a word, times how rare it is in all groups. A problem counts a word once,
and a word of a single problem is no term, so that a name reveals no attempt.
"""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from math import log
from typing import Final

Terms = Mapping[str, Sequence[str]]
"""The terms of each group, the most distinctive first."""
Naming = Callable[[Terms], dict[str, str]]
"""Returns a name for each group; an empty one for a group without terms."""

MOST: Final = 12
_IN_A_NAME: Final = 3
_WORD: Final = re.compile(r"[^\W\d_]{3,20}")


def terms(problems: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return at most `MOST` terms of each group, from some of its problems."""
    counts = {group: _word_counts(texts) for group, texts in problems.items()}
    everywhere: Counter[str] = Counter()
    for count in counts.values():
        everywhere.update(count)
    mean = sum(everywhere.values()) / max(len(counts), 1)
    return {
        group: _best(count, len(problems[group]), everywhere, mean)
        for group, count in counts.items()
    }


def by_terms(terms: Terms) -> dict[str, str]:
    """Name each group by its first terms."""
    return {group: " ".join(words[:_IN_A_NAME]) for group, words in terms.items()}


def _word_counts(texts: Sequence[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for text in texts:
        counts.update(set(_WORD.findall(text.lower())))
    return counts


def _best(
    count: Counter[str], size: int, everywhere: Counter[str], mean: float
) -> list[str]:
    scores = {
        word: -(n / size) * log(1 + mean / everywhere[word])
        for word, n in count.items()
        if n > 1
    }
    return sorted(scores, key=lambda word: (scores[word], word))[:MOST]
