"""What an archive knows of its strategies, as priors for another tenant.

A strategy is compared with all strategies on the same kind of problems by the same model,
so that neither easier problems nor a better model count for it: differences by stratum are
averaged with the weights of Mantel and Haenszel (Greenland and Robins, 1985). A difference
carries over better than a share of successes, which another model or harder problems
change for all strategies alike.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

from pilotfish.schemas.strategies import (
    DIM,
    MOST_KINDS,
    MOST_WORTH,
    Imported,
    KindPrior,
)
from pilotfish.schemas.strategy_archive import Count, Kind, StrategyArchive

_DIGITS: Final = 4


class _Gain(NamedTuple):
    """A sum of differences, each times its weight, and the sum of the weights.

    The weight of n attempts against m others is n m / (n + m).
    """

    weighted: float = 0.0
    weight: float = 0.0

    def plus(self, other: "_Gain") -> "_Gain":
        return _Gain(self.weighted + other.weighted, self.weight + other.weight)

    def cut(self, most: float) -> "_Gain":
        """Return the same mean difference with at most this weight."""
        share = min(1.0, most / self.weight) if self.weight else 0.0
        return _Gain(self.weighted * share, self.weight * share)


def imported(archive: StrategyArchive) -> dict[str, Imported]:
    """Return the priors of each strategy by its id: as a whole, and by kind of problem.

    On each kind the whole counts as 20 attempts beside the kind's own: else the luck of a few
    attempts would decide.
    """
    kinds, by_kind = _known(archive.kinds), _gains(archive.counts)
    return {
        each.strategy: _imported(by_kind[each.strategy], kinds)
        for each in archive.strategies
    }


def _imported(by_kind: Mapping[str, _Gain], kinds: Sequence[Kind]) -> Imported:
    whole = _Gain()
    for gain in by_kind.values():
        whole = whole.plus(gain)
    shared = whole.cut(MOST_WORTH)
    of_kinds = [by_kind.get(kind.group_id, _Gain()).plus(shared) for kind in kinds]
    return Imported(
        **_prior(shared),
        encoder=kinds[0].encoder if kinds else "",
        kinds=tuple(
            KindPrior(**_prior(gain), mean=kind.centroid)
            for kind, gain in zip(kinds, of_kinds, strict=True)
        ),
    )


def _gains(counts: Sequence[Count]) -> dict[str, dict[str, _Gain]]:
    """Return the gain of each strategy on each kind of problems, over all models."""
    strata: dict[tuple[str, str], tuple[int, int]] = defaultdict(lambda: (0, 0))
    for count in counts:
        n, successes = strata[count.group_id, count.model]
        both = n + count.attempts, successes + count.successes
        strata[count.group_id, count.model] = both
    gains: dict[str, dict[str, _Gain]] = defaultdict(lambda: defaultdict(_Gain))
    for count in counts:
        of_strategy = gains[count.strategy]
        stratum = strata[count.group_id, count.model]
        gain = of_strategy[count.group_id].plus(_gain(count, *stratum))
        of_strategy[count.group_id] = gain
    return gains


def _gain(count: Count, attempts: int, successes: int) -> _Gain:
    weight = count.attempts * (attempts - count.attempts) / attempts
    difference = count.successes / count.attempts - successes / attempts
    return _Gain(weight * difference, weight)


def _known(kinds: Sequence[Kind]) -> list[Kind]:
    """Return the largest kinds that can be recognised, all by the same encoder."""
    largest = sorted(kinds, key=lambda kind: (-kind.attempts, kind.group_id))
    known = [kind for kind in largest if len(kind.centroid) == DIM]
    same = [kind for kind in known if kind.encoder == known[0].encoder]
    return same[:MOST_KINDS]


def _prior(gain: _Gain) -> dict[str, float]:
    """Return the fields of a `Prior`."""
    mean = gain.weighted / gain.weight if gain.weight else 0.0
    worth = min(gain.weight, MOST_WORTH)
    return {
        "gain": round(min(max(mean, -1.0), 1.0), _DIGITS),
        "worth": round(worth, _DIGITS),
    }
