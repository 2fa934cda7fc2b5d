"""What works on a group of problems, from attempts on it: entries of a playbook.

An entry is made from the newest attempts of one approach, each worth half after thirty
days: without new evidence its interval grows, and at last it is left out. Spellings of
one approach are one entry. All of it is bounded: 200 attempts an entry, twenty entries a
group.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from math import sqrt
from typing import Final, NamedTuple

from pilotfish.schemas.texts import plain

ATTEMPTS: Final = 200
ENTRIES: Final = 20
HALF_LIFE: Final = timedelta(days=30)
LEAST_WEIGHT: Final = 0.5
"""Of an entry; of one attempt it is reached after thirty days."""

_Z: Final = 1.96
_LONGEST: Final = 5
"""Actions of a typical sequence."""
_TELLING: Final = 0.25
"""Difference of shares from which a fact sets failures apart."""
_ENOUGH: Final = 5
"""Failures, and successes, of which something can be said in common."""
_REPEATED: Final = 3


class Tried(NamedTuple):
    """An attempt; `p_success` is its label, `actions` the names in order."""

    approach: str
    at: datetime
    p_success: float
    cost: float
    actions: Sequence[str]


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of an approach on a group: see the table `playbook`."""

    approach: str
    attempts: int
    weight: float
    p_success: float
    low: float
    high: float
    cost: float
    actions: tuple[str, ...]
    failures: str
    trend: float
    last_seen: datetime


def entries(attempts: Iterable[Tried], now: datetime) -> list[Entry]:
    """Return a group's entries, the one with the most evidence first."""
    of_approach: dict[str, list[Tried]] = defaultdict(list)
    for one in attempts:
        of_approach[_merged(one.approach)].append(one)
    made = [_entry(ones, now) for ones in of_approach.values()]
    kept = [one for one in made if one.weight >= LEAST_WEIGHT]
    return sorted(kept, key=lambda one: (-one.weight, one.approach))[:ENTRIES]


def interval(successes: float, of: float) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson, 1927); `of` may be fractional."""
    share, z2 = successes / of, _Z * _Z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z * sqrt(share * (1 - share) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _entry(attempts: list[Tried], now: datetime) -> Entry:
    ones = sorted(attempts, key=lambda one: one.at)[-ATTEMPTS:]
    weights = [0.5 ** (max(now - one.at, timedelta()) / HALF_LIFE) for one in ones]
    weight = sum(weights)
    successes = sum(w * one.p_success for w, one in zip(weights, ones, strict=True))
    cost = sum(w * one.cost for w, one in zip(weights, ones, strict=True)) / weight
    share = min(successes / weight, 1.0)
    actions, failures = _in_common(ones)
    low, high = interval(share * weight, weight)
    spelling = Counter(one.approach.strip() for one in ones).most_common(1)[0][0]
    return Entry(
        *(spelling, len(ones), weight, share, low, high, cost, actions, failures),
        *(_trend(ones), ones[-1].at),
    )


def _merged(approach: str) -> str:
    """Return what spellings of one approach have in common."""
    return plain(approach.replace("_", " ").replace("-", " "))


def _in_common(ones: Sequence[Tried]) -> tuple[tuple[str, ...], str]:
    """Return what successes have in common, and what sets failures apart from them."""
    good = [tuple(one.actions) for one in ones if one.p_success >= 0.5]
    bad = [tuple(one.actions) for one in ones if one.p_success < 0.5]
    return _typical(good), _apart(bad, good)


def _typical(sequences: Sequence[tuple[str, ...]]) -> tuple[str, ...]:
    counts: Counter[tuple[str, ...]] = Counter()
    for sequence in sequences:
        names = [name for name, _ in groupby(sequence)]
        starts = range(len(names))
        counts.update(
            {tuple(names[a : a + n]) for n in range(1, _LONGEST + 1) for a in starts}
        )
    shared = [part for part, count in counts.items() if 2 * count >= len(sequences)]
    return max(shared, key=lambda part: (len(part), counts[part], part), default=())


def _apart(bad: Sequence[tuple[str, ...]], good: Sequence[tuple[str, ...]]) -> str:
    if min(len(bad), len(good)) < _ENOUGH:
        return ""
    known = {name for sequence in (*bad, *good) for name in sequence}
    of_bad, of_good = (Counter(_facts(ones, known)) for ones in (bad, good))
    apart = {
        fact: count / len(bad) - of_good[fact] / len(good)
        for fact, count in of_bad.items()
    }
    best = max(apart, key=lambda fact: (apart[fact], fact), default="")
    return best if best and apart[best] >= _TELLING else ""


def _facts(sequences: Iterable[tuple[str, ...]], known: set[str]) -> Iterable[str]:
    """Yield what is true of each sequence, in words."""
    for sequence in sequences:
        yield from (f"no {name}" for name in known - set(sequence))
        runs = [(name, len(list(run))) for name, run in groupby(sequence)]
        yield from {f"{name} over and over" for name, n in runs if n >= _REPEATED}
        if sequence:
            yield f"ends with {sequence[-1]}"


def _trend(ones: Sequence[Tried]) -> float:
    half = len(ones) // 2
    if half < _ENOUGH:
        return 0.0
    older, newer = ones[:half], ones[-half:]
    return (
        sum(one.p_success for one in newer) / half
        - sum(one.p_success for one in older) / half
    )
