"""What a policy would have got, estimated from the log that another one wrote.

Inverse propensity (Horvitz and Thompson, A Generalization of Sampling Without
Replacement, 1952), self-normalised (Swaminathan and Joachims, The Self-Normalized
Estimator for Counterfactual Learning, 2015) and doubly robust (Dudik, Langford and Li,
Doubly Robust Policy Evaluation and Learning, 2011). Weights are not clipped: the price
of that is on record as the effective size and the largest weight.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np

from pilotfish.advisors.encoder import Embeddings
from pilotfish.evaluation.policies.pilotfish import LogAdvisor
from pilotfish.evaluation.protocols.bandit import Matrix
from pilotfish.evaluation.protocols.learned import predicted, targets
from pilotfish.evaluation.protocols.propensity_log import PropensityLog
from pilotfish.evaluation.protocols.scores import Interval

_Z95: Final = 1.96


@dataclass(frozen=True, slots=True)
class Estimate:
    """An expected reward with its 95 % interval, which may reach outside [0, 1]."""

    value: float
    ci95: Interval


@dataclass(frozen=True, slots=True)
class Estimates:
    """Estimates of one policy's value from one log.

    `effective_size` is Kish's (1965): the number of choices of equal weight that would
    say as much. With few of them the intervals are too narrow: on intercode_sql, over
    60 logs that the advisor wrote, those of an approach which succeeds on a tenth held
    the truth in two thirds of the logs with 10 of them, those of the best approach in
    nine tenths or more with 300.
    """

    inverse: Estimate
    self_normalised: Estimate
    doubly_robust: Estimate
    effective_size: float
    largest_weight: float


@dataclass(frozen=True, slots=True)
class OffPolicyScore:
    """One policy's line.

    `estimates` is None where the log has nothing that the policy would do, `truth`
    where there is no full table.
    """

    estimates: Estimates | None
    truth: float | None


def score(
    log: PropensityLog,
    embeddings: Embeddings,
    new_advisor: Callable[[], LogAdvisor],
    outcomes: Matrix | None = None,
) -> dict[str, OffPolicyScore]:
    """Score what the log alone can teach, and each approach taken always.

    Args:
        log: what was chosen.
        embeddings: (problems, dim).
        new_advisor: makes an advisor that has learned nothing.
        outcomes: (problems, approaches), the full table if there is one.
    """
    expected = predicted(log, embeddings, new_advisor)
    return {
        name: OffPolicyScore(
            estimates(log, target, expected),
            None if outcomes is None else true_value(target, outcomes),
        )
        for name, target in targets(log, expected).items()
    }


def estimates(log: PropensityLog, target: Matrix, expected: Matrix) -> Estimates | None:
    """Estimate the value of a policy; None if the log has nothing that it would do.

    Intervals are normal ones of the estimators' influence functions, summed by problem
    so that repeated attempts at one do not count as independent. They need no draws,
    and a bootstrap, which resamples the same few large weights, would be as much too
    narrow where they are. They are about problems like those of the log, hence wider
    than needed for exactly those. A writer that learns while it writes makes choices
    depend on earlier ones: its inverse estimate stays unbiased, intervals are rough.

    Args:
        log: what was chosen, with propensities that are true.
        target: (problems, approaches), the policy's probabilities, 0 where not offered;
            not learned from the same problems' rewards.
        expected: (problems, approaches), rewards in [0, 1] as a model predicts them,
            likewise not learned from the same problems.
    """
    row, column, reward = log.row, log.column, log.reward
    weight = target[row, column] / log.propensity
    if not weight.any():
        return None
    weighted = weight * reward
    normalised = float(weighted.sum() / weight.sum())
    planned = (target * expected).sum(1)
    robust = planned[row] + weight * (reward - expected[row, column])
    off = weight * (reward - normalised) / weight.mean()
    return Estimates(
        inverse=_estimate(log, float(weighted.mean()), weighted - weighted.mean()),
        self_normalised=_estimate(log, normalised, off),
        doubly_robust=_estimate(log, float(robust.mean()), robust - robust.mean()),
        effective_size=float(weight.sum() ** 2 / (weight**2).sum()),
        largest_weight=float(weight.max()),
    )


def true_value(target: Matrix, outcomes: Matrix) -> float:
    """Return what a policy gets on a full table, (problems, approaches) both."""
    return float((target * np.nan_to_num(outcomes)).sum(1).mean())


def _estimate(log: PropensityLog, value: float, influence: Matrix) -> Estimate:
    of_problems = np.bincount(log.row, influence)
    of_problems = of_problems[np.bincount(log.row) > 0]
    count = len(of_problems)
    variance = (of_problems**2).sum() * count / (count - 1)
    reach = _Z95 * float(variance**0.5) / len(influence)
    return Estimate(value, (value - reach, value + reach))
