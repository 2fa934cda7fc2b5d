"""Filters for learning side by side, on labels of which some are flipped.

Five folds by problem text, as in `full`: what a filter keeps of four of them is learned
by an advisor, which then advises on the fifth. Only what is learned is flipped; filters see
nothing of the fifth fold, and no setting of theirs was chosen on it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from pilotfish.advisors.head import FastHead
from pilotfish.evaluation.policies.pilotfish import LogAdvisor
from pilotfish.evaluation.policies.policy import Case
from pilotfish.evaluation.protocols.bandit import Matrix
from pilotfish.evaluation.protocols.full import FOLDS, fold_of
from pilotfish.evaluation.protocols.labelled_log import LabelledLog
from pilotfish.evaluation.protocols.scores import Interval, interval
from pilotfish.trainers.dataset import Attempt
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
    log: LabelledLog,
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
            name: _filtered(log, filter_, noise, length, progress)
            for name, filter_ in filters.items()
        }
        for noise in noises
    }


def score(played: Mapping[str, Filtered]) -> dict[str, FilterScore]:
    """Score filters that were played at one share of flipped labels."""
    means = {name: filtered.success.mean(0) for name, filtered in played.items()}
    return {
        name: FilterScore(
            float(means[name].mean()),
            interval(means[name]),
            {
                other: float((means[name] - mean).mean())
                for other, mean in means.items()
            },
            {other: interval(means[name] - mean) for other, mean in means.items()},
            filtered.kept,
            filtered.wrong,
        )
        for name, filtered in played.items()
    }


def _filtered(
    log: LabelledLog,
    filter_: Filter,
    noise: float,
    length: tuple[int, int],
    progress: Callable[[], None],
) -> Filtered:
    repeats, seed = length
    success = np.empty((repeats, len(log.table.problems)))
    counts = np.zeros(3)
    for repeat in range(repeats):
        for problems, taught, flipped in _deal(log, noise, (seed, repeat)):
            labelled = [
                _labelled(log.attempts[at], flipped=bool(flipped[at])) for at in taught
            ]
            kept = np.flatnonzero(filter_(labelled, log.embeddings[log.row[taught]]))
            advisor = LogAdvisor(FastHead(log.embeddings.shape[1]))
            for at in kept:
                attempt, row = labelled[at], log.row[taught[at]]
                case = _case(log, int(row), attempt.problem_type)
                advisor.learn(case, attempt.approach, attempt.p_success)
            success[repeat, problems] = [_value(log, advisor, row) for row in problems]
            counts += len(taught), len(kept), flipped[taught[kept]].sum()
            progress()
    shown, kept_count, wrong = counts
    return Filtered(success, kept_count / shown, wrong / max(kept_count, 1.0))


def _deal(
    log: LabelledLog, noise: float, seeds: tuple[int, int]
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]]:
    """Yield problems to advise on, attempts to learn in random order, which are flipped."""
    rng = np.random.default_rng((*seeds, 7))
    flipped = rng.random(len(log.attempts)) < noise
    order = rng.permutation(len(log.attempts))
    fold = np.array([fold_of(text, sum(seeds)) for text in log.table.problems])
    for number in range(FOLDS):
        taught = order[fold[log.row[order]] != number]
        yield np.flatnonzero(fold == number), taught, flipped


def _labelled(attempt: Attempt, *, flipped: bool) -> Attempt:
    return replace(attempt, p_success=1 - attempt.p_success) if flipped else attempt


def _case(log: LabelledLog, row: int, problem_type: str) -> Case:
    tried = np.flatnonzero(~np.isnan(log.table.outcomes[row]))
    approaches = tuple(log.table.approaches[column] for column in tried)
    # Advice counts by its propensities, so nothing depends on what is drawn.
    return Case(
        "", log.table.problems[row], problem_type, log.embeddings[row], approaches
    )


def _value(log: LabelledLog, advisor: LogAdvisor, row: int) -> float:
    """Return the expected success of the advice; unadvised, of an even choice."""
    advice = advisor.advise(_case(log, int(row), log.table.kinds[row]))
    outcomes = log.table.outcomes[row]
    outcomes = outcomes[~np.isnan(outcomes)]
    if advice.chosen is None:
        return float(outcomes.mean())
    return float(outcomes @ np.asarray(advice.propensities))
