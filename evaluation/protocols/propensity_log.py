"""Logs of choices with their propensities: from a pass over a table, or from a file."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pilotfish.evaluation.outcomes import LEAST_PROBLEMS
from pilotfish.evaluation.policies.policy import PolicyFactory
from pilotfish.evaluation.protocols.bandit import Matrix, Step, World, one_pass
from pilotfish.schemas.attempt_log.attempt import LoggedAttempt
from pilotfish.schemas.errors import ConfigurationError, NothingToLearnError


@dataclass(frozen=True, slots=True)
class PropensityLog:
    """What one policy chose, and with which probability.

    Entry i of `row`, `column`, `propensity` and `reward` (choices,) says that on
    problems[row[i]] approaches[column[i]] was chosen with a probability of
    propensity[i] in (0, 1], and got reward[i] in [0, 1]. `offered` (problems,
    approaches) is what could have been chosen.
    """

    problems: tuple[str, ...]
    kinds: tuple[str, ...]
    approaches: tuple[str, ...]
    offered: NDArray[np.bool_]
    row: NDArray[np.int64]
    column: NDArray[np.int64]
    propensity: Matrix
    reward: Matrix


def written_by(new_policy: PolicyFactory, world: World, seed: int) -> PropensityLog:
    """Return the log of one pass over the problems in random order.

    Where the policy abstains, its agent chooses evenly: that is known before the draw,
    so the propensity is one over the number of approaches offered.

    Raises:
        ConfigurationError: the policy does not say with which probability it chose.
    """
    table = world.table
    rows = np.random.default_rng((seed, 0)).permutation(len(table.problems))
    policy = new_policy(np.random.default_rng((seed, 0, 1)))
    steps = list(one_pass(world, policy, rows, f"{seed}-log"))
    return PropensityLog(
        table.problems,
        table.kinds,
        table.approaches,
        ~np.isnan(table.outcomes),
        np.array([step.row for step in steps]),
        np.array([step.column for step in steps]),
        np.array([_propensity(step) for step in steps]),
        np.array([step.success for step in steps]),
    )


def of_attempts(attempts: Iterable[LoggedAttempt]) -> PropensityLog:
    """Return the log that attempts with propensity and outcome make; others are passed over.

    Every approach that occurs is taken to have been offered on every problem.

    Raises:
        NothingToLearnError: too few problems or only one approach have propensities.
    """
    chosen = [
        (attempt, attempt.propensity)
        for attempt in attempts
        if attempt.propensity and attempt.success is not None
    ]
    kinds: dict[str, str] = {}
    for attempt, _ in chosen:
        kinds.setdefault(attempt.problem, attempt.problem_type)
    problems = {problem: row for row, problem in enumerate(kinds)}
    names = dict.fromkeys(attempt.approach for attempt, _ in chosen)
    approaches = {name: column for column, name in enumerate(names)}
    _check(problems, approaches)
    return PropensityLog(
        tuple(problems),
        tuple(kinds.values()),
        tuple(approaches),
        np.ones((len(problems), len(approaches)), bool),
        np.array([problems[attempt.problem] for attempt, _ in chosen]),
        np.array([approaches[attempt.approach] for attempt, _ in chosen]),
        np.array([propensity for _, propensity in chosen]),
        np.array([attempt.outcome for attempt, _ in chosen]),
    )


def _propensity(step: Step) -> float:
    if step.decision.approach is None:
        return 1 / len(step.case.approaches)
    if step.decision.propensity is None:
        raise ConfigurationError(
            "the policy does not report propensities: the log that it writes cannot "
            "score others"
        )
    return step.decision.propensity


def _check(problems: dict[str, int], approaches: dict[str, int]) -> None:
    if len(problems) < LEAST_PROBLEMS:
        raise NothingToLearnError(
            f"{len(problems)} different problems with a propensity, {LEAST_PROBLEMS} "
            "needed: with fewer, luck decides which policy looks best"
        )
    if len(approaches) == 1:
        raise NothingToLearnError(
            f"every attempt with a propensity used the approach {next(iter(approaches))!r}"
        )
