"""Everything on record but the problems it is measured on: what training can reach.

Five folds by problem text; a policy learns the outcome of every approach on the problems
of four folds, and advises on the fifth. Nothing of a fold is learned before its advice.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pilotfish.advisors.folds import dealt
from pilotfish.evaluation.policies.policy import Decision, Policy, PolicyFactory
from pilotfish.evaluation.protocols.bandit import Matrix, World

FOLDS: Final = 5


@dataclass(frozen=True, slots=True)
class HeldOut:
    """What a policy's advice got, (repeats, problems) in the table's order.

    `success` is less weighted cost. `predicted` (repeats, problems, approaches) are
    predicted chances, NaN where the policy does not predict or the approach was never
    tried. Seconds are means of a call.
    """

    success: Matrix
    predicted: NDArray[np.float64]
    abstained: NDArray[np.bool_]
    choose_s: float
    learn_s: float


def cross_validate(
    world: World,
    policies: Mapping[str, PolicyFactory],
    repeats: int,
    seed: int,
    progress: Callable[[], None] = lambda: None,
) -> dict[str, HeldOut]:
    """Let every policy advise on folds it did not learn; `progress` after each fold.

    Each repeat deals the problems anew. A policy that abstains gets the mean of the approaches.
    """
    return {
        name: _held_out(world, new_policy, repeats, seed, progress)
        for name, new_policy in policies.items()
    }


def _held_out(
    world: World,
    new_policy: PolicyFactory,
    repeats: int,
    seed: int,
    progress: Callable[[], None],
) -> HeldOut:
    problems, approaches = world.table.outcomes.shape
    held_out = HeldOut(
        np.empty((repeats, problems)),
        np.full((repeats, problems, approaches), np.nan),
        np.zeros((repeats, problems), bool),
        0.0,
        0.0,
    )
    spent = np.zeros(2)
    for repeat in range(repeats):
        folds = np.array(
            [fold_of(text, seed + repeat) for text in world.table.problems]
        )
        for fold in range(FOLDS):
            policy = new_policy(np.random.default_rng((seed, repeat, fold)))
            spent[1] += _teach(world, policy, folds != fold, (seed, repeat, fold))
            spent[0] += _ask(world, policy, folds == fold, repeat, held_out)
            progress()
    learned = (FOLDS - 1) * repeats * float((~np.isnan(world.table.outcomes)).sum())
    choose_s = float(spent[0]) / (repeats * problems)
    return HeldOut(
        held_out.success,
        held_out.predicted,
        held_out.abstained,
        choose_s,
        float(spent[1]) / learned,
    )


def _teach(
    world: World, policy: Policy, taught: NDArray[np.bool_], seed: tuple[int, ...]
) -> float:
    """Teach all outcomes of the chosen problems in random order; return the seconds."""
    tried = ~np.isnan(world.table.outcomes) & taught[:, None]
    rows, columns = np.nonzero(tried)
    order = np.random.default_rng(seed).permutation(len(rows))
    begun = time.perf_counter()
    for row, column in zip(rows[order], columns[order], strict=True):
        case = world.case(int(row), f"learn-{row}-{column}")
        approach = world.table.approaches[column]
        evenly = Decision(None, propensity=1 / len(case.approaches))
        policy.learn(case, evenly, approach, world.outcome(int(row), int(column)))
    return time.perf_counter() - begun


def _ask(
    world: World,
    policy: Policy,
    advised: NDArray[np.bool_],
    repeat: int,
    held_out: HeldOut,
) -> float:
    """Note what the policy's advice gets on the chosen problems; return the seconds."""
    place = {approach: at for at, approach in enumerate(world.table.approaches)}
    priced = world.priced.outcomes
    begun = time.perf_counter()
    for row in np.flatnonzero(advised):
        case = world.case(int(row), f"ask-{repeat}-{row}")
        decision = policy.choose(case)
        columns = [place[approach] for approach in case.approaches]
        outcomes = priced[row]
        if decision.p_success:
            held_out.predicted[repeat, row, columns] = decision.p_success
        held_out.abstained[repeat, row] = decision.approach is None
        if decision.approach is None:
            held_out.success[repeat, row] = outcomes[columns].mean()
        else:
            held_out.success[repeat, row] = outcomes[place[decision.approach]]
    return time.perf_counter() - begun


def fold_of(text: str, seed: int) -> int:
    """Return the fold of a problem, decided by its text."""
    return dealt(f"fold:{seed}", text, FOLDS)
