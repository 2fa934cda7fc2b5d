"""Filters for learning side by side, on labels of which some are flipped.

Five folds by problem text, as in `full`: what a filter keeps of four of them is learned
by a fast head, which advises on the fifth. Only what is learned is flipped; filters see
nothing of the fifth fold, and their settings come from what they see or from elsewhere.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pilotfish.advisors.head import FastHead
from pilotfish.advisors.policy import choose
from pilotfish.evaluation.protocols.bandit import Matrix
from pilotfish.evaluation.protocols.full import FOLDS, fold_of
from pilotfish.evaluation.protocols.scores import Interval, interval
from pilotfish.evaluation.protocols.training_split import Lessons
from pilotfish.trainers.dataset import Attempt
from pilotfish.trainers.evaluate import teach
from pilotfish.trainers.filters.filter import Filter


@dataclass(frozen=True, slots=True)
class Filtered:
    """What came of a filter at one share of flipped labels.

    `success` (repeats, problems) is that of advice, by its propensities; `kept` the
    share of attempts kept, `wrong` the share of flipped ones among these.
    """

    success: Matrix
    kept: float
    wrong: float


@dataclass(frozen=True, slots=True)
class FilterScore:
    """One line. Intervals are of 95 %, over problems with their means over repeats.

    `difference` is the success less that of another filter at the same noise.
    """

    success: float
    success_ci95: Interval
    difference: Mapping[str, float]
    difference_ci95: Mapping[str, Interval]
    kept: float
    wrong: float


def play(
    given: Lessons,
    filters: Mapping[str, Filter],
    noises: Sequence[float],
    length: tuple[int, int],
    progress: Callable[[], None] = lambda: None,
) -> dict[float, dict[str, Filtered]]:
    """Return what each filter comes to, by share of flipped labels.

    `length` is (repeats, seed): each repeat deals the problems anew and draws other
    labels to flip, the same for all filters; those flipped at a lower share are flipped
    at a higher one as well. `progress` is called after each fold of a filter.
    """
    return {
        noise: {
            name: _filtered(given, filter_, noise, length, progress)
            for name, filter_ in filters.items()
        }
        for noise in noises
    }


def score(played: Mapping[str, Filtered]) -> dict[str, FilterScore]:
    """Score filters that were played at one share of flipped labels."""
    means = {name: one.success.mean(0) for name, one in played.items()}
    return {
        name: FilterScore(
            float(means[name].mean()),
            interval(means[name]),
            {other: float((means[name] - his).mean()) for other, his in means.items()},
            {other: interval(means[name] - his) for other, his in means.items()},
            one.kept,
            one.wrong,
        )
        for name, one in played.items()
    }


def _filtered(
    given: Lessons,
    filter_: Filter,
    noise: float,
    length: tuple[int, int],
    progress: Callable[[], None],
) -> Filtered:
    repeats, seed = length
    success = np.empty((repeats, len(given.table.problems)))
    counts = np.zeros(3)
    for repeat in range(repeats):
        for asked, taught, flipped in _deal(given, noise, (seed, repeat)):
            true = [given.attempts[at] for at in taught.tolist()]
            told = [
                _flipped(one) if wrong else one
                for one, wrong in zip(true, flipped[taught], strict=True)
            ]
            rows = given.embeddings[given.row[taught]]
            kept = np.flatnonzero(filter_(told, rows))
            head = FastHead(rows.shape[1])
            teach(rows[kept], [told[at] for at in kept.tolist()], head)
            success[repeat, asked] = [_served(given, head, row) for row in asked]
            counts += len(taught), len(kept), flipped[taught[kept]].sum()
            progress()
    everyone, kept_count, wrong = counts
    return Filtered(success, kept_count / everyone, wrong / max(kept_count, 1.0))


def _deal(
    given: Lessons, noise: float, seeds: tuple[int, int]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]]:
    """Yield problems to ask, attempts to learn in random order, which are flipped."""
    rng = np.random.default_rng((*seeds, 7))
    flipped = rng.random(len(given.attempts)) < noise
    order = rng.permutation(len(given.attempts))
    fold = np.array([fold_of(text, sum(seeds)) for text in given.table.problems])
    for number in range(FOLDS):
        taught = order[fold[given.row[order]] != number]
        yield np.flatnonzero(fold == number), taught, flipped


def _flipped(attempt: Attempt) -> Attempt:
    return replace(attempt, p_success=1 - attempt.p_success)


def _served(given: Lessons, head: FastHead, row: int) -> float:
    """Return the expected success of what the advisor says; unadvised, of an even choice."""
    table = given.table
    known = np.flatnonzero(~np.isnan(table.outcomes[row]))
    names = [table.approaches[column] for column in known]
    means, sds = head.predict(given.embeddings[row], table.kinds[row], names)
    choice = choose(list(means), list(sds), "")
    got = table.outcomes[row, known]
    if choice.chosen is None:
        return float(got.mean())
    return float(got @ np.asarray(choice.propensities))
