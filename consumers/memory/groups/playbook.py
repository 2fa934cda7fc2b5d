"""Entries of a playbook: what works on a group of problems, from attempts on it.

An entry summarises the newest attempts of one approach. An attempt's weight halves every
thirty days: without new evidence the interval widens, and finally the entry is dropped.
Spellings of one approach share an entry. At most 200 attempts per entry, twenty entries
per group.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final, NamedTuple

from pilotfish.schemas.texts import plain
from pilotfish.strategies.wilson import wilson

ATTEMPTS: Final = 200
ENTRIES: Final = 20
HALF_LIFE: Final = timedelta(days=30)
LEAST_WEIGHT: Final = 0.5
"""Of an entry; a single attempt reaches it after thirty days."""

_Z: Final = 1.96
_LONGEST: Final = 5
"""Actions of a typical sequence."""
_TELLING: Final = 0.25
"""Difference of shares from which a fact distinguishes failures."""
_ENOUGH: Final = 5
"""Failures, and successes, needed before comparing them."""
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
    """The evidence for an approach on a group; for the columns see table `playbook`."""

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
    by_approach: dict[str, list[Tried]] = defaultdict(list)
    for attempt in attempts:
        by_approach[_normalised(attempt.approach)].append(attempt)
    candidates = [_entry(tried, now) for tried in by_approach.values()]
    kept = [entry for entry in candidates if entry.weight >= LEAST_WEIGHT]
    return sorted(kept, key=lambda entry: (-entry.weight, entry.approach))[:ENTRIES]


def interval(successes: float, of: float) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson, 1927); `of` may be fractional."""
    low, high = wilson(successes, of, _Z)
    return max(low, 0.0), min(high, 1.0)


def _entry(attempts: list[Tried], now: datetime) -> Entry:
    newest = sorted(attempts, key=lambda attempt: attempt.at)[-ATTEMPTS:]
    ages = [max(now - attempt.at, timedelta()) for attempt in newest]
    weighted = [
        (0.5 ** (age / HALF_LIFE), attempt)
        for age, attempt in zip(ages, newest, strict=True)
    ]
    weight = sum(w for w, _ in weighted)
    share = min(sum(w * each.p_success for w, each in weighted) / weight, 1.0)
    actions, failures = _in_common(newest)
    low, high = interval(share * weight, weight)
    spellings = Counter(attempt.approach.strip() for attempt in newest)
    return Entry(
        approach=spellings.most_common(1)[0][0],
        attempts=len(newest),
        weight=weight,
        p_success=share,
        # Rounding must not put the share outside.
        low=min(low, share),
        high=max(high, share),
        cost=sum(w * each.cost for w, each in weighted) / weight,
        actions=actions,
        failures=failures,
        trend=_trend(newest),
        last_seen=newest[-1].at,
    )


def _normalised(approach: str) -> str:
    """Return the form that all spellings of one approach share."""
    return plain(approach.replace("_", " ").replace("-", " "))


def _in_common(attempts: Sequence[Tried]) -> tuple[tuple[str, ...], str]:
    """Return what successes have in common, and what distinguishes failures."""
    good = [tuple(each.actions) for each in attempts if each.p_success >= 0.5]
    bad = [tuple(each.actions) for each in attempts if each.p_success < 0.5]
    return _typical(good), _distinction(bad, good)


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


def _distinction(
    bad: Sequence[tuple[str, ...]], good: Sequence[tuple[str, ...]]
) -> str:
    """Return the fact that is much more frequent among failures; empty if there is none."""
    if min(len(bad), len(good)) < _ENOUGH:
        return ""
    actions = {name for sequence in (*bad, *good) for name in sequence}
    in_bad, in_good = (Counter(_facts(group, actions)) for group in (bad, good))
    excess = {
        fact: count / len(bad) - in_good[fact] / len(good)
        for fact, count in in_bad.items()
    }
    best = max(excess, key=lambda fact: (excess[fact], fact), default="")
    return best if best and excess[best] >= _TELLING else ""


def _facts(sequences: Iterable[tuple[str, ...]], actions: set[str]) -> Iterable[str]:
    """Yield the facts about each sequence, in words."""
    for sequence in sequences:
        yield from (f"no {name}" for name in actions - set(sequence))
        runs = [(name, len(list(run))) for name, run in groupby(sequence)]
        yield from {f"{name} over and over" for name, n in runs if n >= _REPEATED}
        if sequence:
            yield f"ends with {sequence[-1]}"


def _trend(attempts: Sequence[Tried]) -> float:
    half = len(attempts) // 2
    if half < _ENOUGH:
        return 0.0
    older, newer = attempts[:half], attempts[-half:]
    return (
        sum(attempt.p_success for attempt in newer) / half
        - sum(attempt.p_success for attempt in older) / half
    )
