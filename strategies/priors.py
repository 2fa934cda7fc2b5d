"""What an archive knows of its strategies, as priors for another tenant.

A strategy is compared with all others on the same kind of problems by the same model, so
that neither easier problems nor a better model count for it: differences by stratum are
averaged with the weights of Mantel and Haenszel (Greenland and Robins, 1985). A difference
carries over better than a share of successes, which another model or harder problems
change for all strategies alike.

Kinds of problems are estimated together, as the studies of a meta-analysis with random
effects (DerSimonian and Laird, 1986): where a strategy's kinds differ no more than by luck,
each is told what is known of all of them.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from pilotfish.schemas.strategies import (
    DIM,
    MOST_KINDS,
    MOST_WORTH,
    Imported,
    KindPrior,
)
from pilotfish.schemas.strategy_archive import Count, Kind, StrategyArchive

_VARIANCE: Final = 0.25
"""Of an outcome, at most."""
_DIGITS: Final = 4


class _Gain(NamedTuple):
    """A sum of differences to the others, each times its weight, and the sum of the weights.

    The weight of n attempts against m others is n m / (n + m): a difference of weight w has
    the variance of w attempts.
    """

    weighted: float = 0.0
    weight: float = 0.0

    @property
    def mean(self) -> float:
        return self.weighted / self.weight if self.weight else 0.0

    def plus(self, other: "_Gain") -> "_Gain":
        return _Gain(self.weighted + other.weighted, self.weight + other.weight)

    def cut(self, most: float) -> "_Gain":
        """Return the same mean difference with at most this weight."""
        weight = min(self.weight, most)
        return _Gain(self.mean * weight, weight)


ByKind = Mapping[str, _Gain]


def imported(archive: StrategyArchive) -> dict[str, Imported]:
    """Return the priors of each strategy by its id: as a whole, and by kind of problem."""
    kinds, gains = _known(archive.kinds), _gains(archive.counts)
    shared = _shared(gains.values())
    tried: Counter[str] = Counter()
    for count in archive.counts:
        tried[count.strategy] += count.attempts
    return {
        each.strategy: _imported(
            gains.get(each.strategy, {}),
            kinds,
            shared,
            1 - tried[each.strategy] / max(tried.total(), 1),
        )
        for each in archive.strategies
    }


def _imported(
    by_kind: ByKind, kinds: Sequence[Kind], shared: float, others: float
) -> Imported:
    """Return a strategy's priors; `others` is the share of the others' attempts.

    On each kind the strategy as a whole counts as `shared` attempts beside the kind's own.
    """
    whole = _sum(by_kind)
    of_kinds = [
        by_kind.get(kind.group_id, _Gain()).plus(whole.cut(shared)) for kind in kinds
    ]
    return Imported(
        **_prior(whole, others),
        encoder=kinds[0].encoder if kinds else "",
        kinds=tuple(
            KindPrior(**_prior(gain, others), mean=kind.centroid)
            for kind, gain in zip(kinds, of_kinds, strict=True)
        ),
    )


def _shared(strategies: Iterable[ByKind]) -> float:
    """Return as how many attempts a strategy as a whole counts on one kind of problems.

    It is the variance of an outcome over that between kinds, which is what the differences
    vary by more than luck explains; of all strategies together.
    """
    excess = room = 0.0
    for by_kind in strategies:
        whole = _sum(by_kind)
        kinds = [gain for gain in by_kind.values() if gain.weight]
        spread = sum(each.weight * (each.mean - whole.mean) ** 2 for each in kinds)
        excess += spread - _VARIANCE * max(len(kinds) - 1, 0)
        squares = sum(each.weight**2 for each in kinds)
        room += whole.weight - squares / whole.weight if whole.weight else 0.0
    return _VARIANCE * room / excess if excess > 0 else math.inf


def _sum(by_kind: ByKind) -> _Gain:
    whole = _Gain()
    for gain in by_kind.values():
        whole = whole.plus(gain)
    return whole


def _gains(counts: Sequence[Count]) -> dict[str, dict[str, _Gain]]:
    """Return the gain of each strategy on each kind of problems, over all models."""
    strata: dict[tuple[str, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for count in counts:
        n, successes = strata[count.group_id, count.model]
        both = n + count.attempts, successes + count.successes
        strata[count.group_id, count.model] = both
    gains: dict[str, dict[str, _Gain]] = defaultdict(dict)
    for count in counts:
        by_kind, kind = gains[count.strategy], count.group_id
        gain = _gain(count, *strata[kind, count.model])
        by_kind[kind] = by_kind.get(kind, _Gain()).plus(gain)
    return gains


def _gain(count: Count, attempts: int, successes: int) -> _Gain:
    """Return the gain in a stratum with so many attempts, those of the strategy included."""
    others = attempts - count.attempts
    if not others:
        return _Gain()
    difference = count.successes / count.attempts
    difference -= (successes - count.successes) / others
    weight = count.attempts * others / attempts
    return _Gain(weight * difference, weight)


def _known(kinds: Sequence[Kind]) -> list[Kind]:
    """Return the largest kinds that can be recognised, all by the same encoder."""
    largest = sorted(kinds, key=lambda kind: (-kind.attempts, kind.group_id))
    known = [kind for kind in largest if len(kind.centroid) == DIM]
    same = [kind for kind in known if kind.encoder == known[0].encoder]
    return same[:MOST_KINDS]


def _prior(gain: _Gain, others: float) -> dict[str, float]:
    """Return the fields of a `Prior`: against all strategies, the strategy included."""
    return {
        "gain": round(min(max(others * gain.mean, -1.0), 1.0), _DIGITS),
        "worth": round(min(gain.weight, MOST_WORTH), _DIGITS),
    }
