"""Strategies of one tenant: patterns that are alike, with ids that stay.

Patterns instead of attempts are clustered: there are few different ones, however many
attempts there are. A strategy is found once enough attempts have its patterns.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from hashlib import blake2b
from typing import Final

from pilotfish.strategies.linkage import Item, linked
from pilotfish.strategies.patterns import Pattern, vector

MOST_PATTERNS: Final = 1000
"""Patterns of a tenant that are clustered, the most frequent ones."""
ENOUGH: Final = 20
"""Attempts from which a strategy is found; with fewer it has no effect, see `effects`."""
ALIKE: Final = 0.6
"""Mean cosine distance up to which patterns are one strategy; see `PAIR`."""
SHARE: Final = 0.1
"""Of a strategy's attempts, the least that a pattern stands for: fewer may be accidents."""

_SEPARATOR: Final = "\0"
_IN_AN_ID: Final = 3
_MAX_PART: Final = 20


@dataclass(frozen=True, slots=True)
class Found:
    """The strategies of one tenant.

    Args:
        strategies: pattern -> its strategy, for the patterns of all strategies.
        patterns: strategy -> the pattern that stands for it, see `fullest`.
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
        _fullest_of_each(strategies, counts),
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


def fullest(counts: Mapping[Pattern, int]) -> Pattern:
    """Return what most attempts of a strategy do, as far as they come.

    The most frequent pattern may be that of tries which failed early. So it is followed by
    the move that most of those make which go on from it, and so forth: as long as more
    than half of them agree, because they part where a plan ends and its troubles begin.

    Args:
        counts: attempts by pattern; at least one pattern.
    """
    pattern = max(counts, key=lambda pattern: (counts[pattern], pattern))
    least = SHARE * sum(counts.values())
    while onward := _onward(pattern, counts):
        move, number = max(onward.items(), key=lambda item: (item[1], item[0]))
        if number < least or 2 * number <= onward.total():
            break
        pattern = (*pattern, move)
    return pattern


def _onward(pattern: Pattern, counts: Mapping[Pattern, int]) -> Counter[str]:
    """Return how many attempts go on with each move after these."""
    onward: Counter[str] = Counter()
    length = len(pattern)
    for other, number in counts.items():
        if len(other) > length and other[:length] == pattern:
            onward[other[length]] += number
    return onward


def _fullest_of_each(
    strategies: Mapping[Pattern, str], counts: Mapping[Pattern, int]
) -> dict[str, Pattern]:
    own: dict[str, dict[Pattern, int]] = defaultdict(dict)
    for pattern, strategy in strategies.items():
        own[strategy][pattern] = counts[pattern]
    return {strategy: fullest(patterns) for strategy, patterns in own.items()}


def _slug(move: str) -> str:
    """Return the part of a move that tells most: the verb, else the tool."""
    last = move.rsplit(":", 1)[-1]
    plain = "".join(c if c.isascii() and c.isalnum() else "-" for c in last.lower())
    return plain.strip("-")[:_MAX_PART].strip("-")


def _name(pattern: Pattern) -> str:
    return _SEPARATOR.join(pattern)


def _pattern(name: str) -> Pattern:
    return tuple(name.split(_SEPARATOR))
