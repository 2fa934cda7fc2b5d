"""What is learned from a log of choices: an outcome model, and policies to be scored.

Everything is cross-fitted: what is said of a problem was learned from other problems, so
no policy is scored on rewards that it was made of.
"""

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pilotfish.advisors.encoder import Embeddings
from pilotfish.advisors.policy import fraction
from pilotfish.evaluation.policies.pilotfish import LogAdvisor
from pilotfish.evaluation.policies.policy import Case
from pilotfish.evaluation.protocols.bandit import Matrix
from pilotfish.evaluation.protocols.propensity_log import PropensityLog
from pilotfish.schemas.texts import plain

FOLDS: Final = 5


def predicted(
    log: PropensityLog, embeddings: Embeddings, new_advisor: Callable[[], LogAdvisor]
) -> Matrix:
    """Return (problems, approaches) expected rewards, in the eyes of an advisor.

    Args:
        log: what the advisors learn, in its order; each problem is predicted by one
            that learned other problems.
        embeddings: (problems, dim).
        new_advisor: makes an advisor that has learned nothing.
    """
    cases = [
        Case("", problem, kind, row, log.approaches)
        for problem, kind, row in zip(log.problems, log.kinds, embeddings, strict=True)
    ]
    expected = np.empty(log.offered.shape)
    for inside, choices in _folds(log):
        advisor = new_advisor()
        for at in choices:
            approach = log.approaches[log.column[at]]
            advisor.learn(cases[log.row[at]], approach, float(log.reward[at]))
        for row in inside:
            expected[row] = advisor.advise(cases[row]).p_success
    return expected


def targets(log: PropensityLog, expected: Matrix) -> dict[str, Matrix]:
    """Return policies as (problems, approaches) probabilities, by name.

    Each approach always (an even choice where it is not offered), an even choice, the
    best approach of each problem type, and the best as `predicted` expects.
    """
    even = log.offered / log.offered.sum(1, keepdims=True)
    alone = np.eye(len(log.approaches))
    return {
        **{
            f"always {name}": np.where(log.offered[:, [column]], alone[column], even)
            for column, name in enumerate(log.approaches)
        },
        "even choice": even,
        "best per type": _best(log, _rates_of_types(log)),
        "greedy head": _best(log, expected),
    }


def _best(log: PropensityLog, rates: Matrix) -> Matrix:
    best = np.where(log.offered, rates, -1.0).argmax(1)
    target = np.zeros(log.offered.shape)
    target[np.arange(len(best)), best] = 1
    return target


def _rates_of_types(log: PropensityLog) -> Matrix:
    """Return success rates of approaches on a problem's type, a draw assumed for each."""
    kinds, of_problem = np.unique(np.asarray(log.kinds), return_inverse=True)
    rates = np.empty(log.offered.shape)
    for inside, choices in _folds(log):
        place = of_problem[log.row[choices]], log.column[choices]
        good, tried = (np.zeros((len(kinds), len(log.approaches))) for _ in range(2))
        np.add.at(good, place, log.reward[choices])
        np.add.at(tried, place, 1)
        rates[inside] = ((good + 0.5) / (tried + 1))[of_problem[inside]]
    return rates


def _folds(
    log: PropensityLog,
) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Yield the problems of a fold, and the choices on all other problems."""
    fold = np.array([_fold(problem) for problem in log.problems])
    for number in range(FOLDS):
        inside = fold == number
        yield np.flatnonzero(inside), np.flatnonzero(~inside[log.row])


def _fold(problem: str) -> int:
    """Decided by the text alone; case and white space do not count."""
    return int(FOLDS * fraction("fold", plain(problem)))
