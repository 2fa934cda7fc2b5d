"""Strategies of one tenant: patterns that are alike, with ids that stay.

Patterns instead of attempts are clustered: there are few different ones, however many
attempts there are. A strategy is found once enough attempts have its patterns.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from pilotfish.strategies.linkage import Item, linked
from pilotfish.strategies.patterns import Pattern, vector

MOST_PATTERNS: Final = 1000
"""Patterns of a tenant that are clustered, the most frequent ones."""
ENOUGH: Final = 20
"""Attempts from which a strategy is found."""
ALIKE: Final = 0.5
"""Mean cosine distance up to which patterns are one strategy; see `patterns`."""

_SEPARATOR: Final = "\0"
_IN_AN_ID: Final = 3
_MAX_PART: Final = 20


@dataclass(frozen=True, slots=True)
class Found:
    """The strategies of one tenant.

    Args:
        strategies: pattern -> its strategy, for the patterns of all strategies.
        patterns: strategy -> its most frequent pattern.
        attempts: strategy -> how many attempts have its patterns.
        merged: an id that is no more -> the strategy with most of it.
    """

    strategies: Mapping[Pattern, str]
    patterns: Mapping[str, Pattern]
    attempts: Mapping[str, int]
    merged: Mapping[str, str]


def found(counts: Mapping[Pattern, int], before: Mapping[Pattern, str]) -> Found:
    """Return the strategies among patterns.

    Args:
        counts: attempts by pattern; those without a pattern are left out.
        before: the strategy of each pattern, as it was found the last time.
    """
    frequent = sorted((-n, p) for p, n in counts.items() if p and n > 0)
    weights = {_name(p): -n for n, p in frequent[:MOST_PATTERNS]}
    items = [
        Item(name, vector(_pattern(name)), before.get(_pattern(name), ""))
        for name in weights
    ]
    clusters = linked(items, weights, ALIKE, _new_id)
    attempts: Counter[str] = Counter()
    for name, strategy in clusters.clusters.items():
        attempts[strategy] += weights[name]
    kept = _kept(attempts, set(before.values()))
    strategies = {
        _pattern(name): strategy
        for name, strategy in clusters.clusters.items()
        if strategy in kept
    }
    return Found(
        strategies,
        _most_frequent(strategies, counts),
        {strategy: attempts[strategy] for strategy in kept},
        {old: new for old, new in clusters.merged.items() if new in kept},
    )


def strategy_id(pattern: Pattern, attempt: int = 0) -> str:
    """Return an id that people recognise: its first moves, and a hash of all of it."""
    text = _SEPARATOR.join((*pattern, *([str(attempt)] if attempt else [])))
    digest = blake2b(text.encode(), digest_size=3).hexdigest()
    parts = [_slug(move) for move in pattern[:_IN_AN_ID]]
    return "-".join((*filter(None, parts), digest))


def _new_id(members: Sequence[str], taken: Set[str]) -> str:
    pattern, attempt = _pattern(members[0]), 0
    while (name := strategy_id(pattern, attempt)) in taken:
        attempt += 1
    return name


def _kept(attempts: Mapping[str, int], known: Set[str]) -> set[str]:
    """Return the strategies with enough attempts, and those that had enough before."""
    return {name for name, n in attempts.items() if n >= ENOUGH or name in known}


def _most_frequent(
    strategies: Mapping[Pattern, str], counts: Mapping[Pattern, int]
) -> dict[str, Pattern]:
    by_frequency: Iterable[Pattern] = sorted(
        strategies, key=lambda pattern: (counts[pattern], pattern)
    )
    return {strategies[pattern]: pattern for pattern in by_frequency}


def _slug(move: str) -> str:
    """Return the part of a move that tells most: the verb, else the tool."""
    last = move.rsplit(":", 1)[-1]
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in last.lower())
    return plain.strip("-")[:_MAX_PART].strip("-")


def _name(pattern: Pattern) -> str:
    return _SEPARATOR.join(pattern)


def _pattern(name: str) -> Pattern:
    return tuple(name.split(_SEPARATOR))
