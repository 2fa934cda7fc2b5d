"""One domain of problems, then another: what is forgotten, and what carries over.

Forgetting is success lost on held-out problems of the first domain by learning the
second, as in Chaudhry et al., Riemannian Walk for Incremental Learning (2018); transfer
is success gained on the second by having learned the first: the forward transfer of
Lopez-Paz and Ranzato, Gradient Episodic Memory (2017).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pilotfish.evaluation.outcomes import LEAST_PROBLEMS, OutcomeTable
from pilotfish.evaluation.policies.policy import Policy, PolicyFactory
from pilotfish.evaluation.protocols.bandit import Matrix, World, one_pass
from pilotfish.evaluation.protocols.scores import Interval, interval
from pilotfish.schemas.errors import NothingToLearnError
from pilotfish.trainers.dataset import split_of


@dataclass(frozen=True, slots=True)
class Domains:
    """What a policy got in two domains, a row for each order.

    `before` and `after` (orders,) are means on held-out problems of the first domain,
    before and after the second was learned. `carried` (orders, problems) is success on
    the second in the order in which its problems came, `scratch` that of a policy which
    met them in the same order without having learned the first.
    """

    before: Matrix
    after: Matrix
    carried: Matrix
    scratch: Matrix


@dataclass(frozen=True, slots=True)
class Compared:
    """Two means over orders; `difference` is the first less the second.

    `ci95` is that of the difference, paired by order: how much it depends on the order
    and on what is held out, not on which problems the log happens to have.
    """

    first: float
    second: float
    difference: float
    ci95: Interval


@dataclass(frozen=True, slots=True)
class DomainScore:
    """One policy's line.

    `forgotten` compares held-out problems before and after the second domain was
    learned; `start` and `whole` the first fifth of the second domain and all of it,
    with the first one learned and from scratch.
    """

    forgotten: Compared
    start: Compared
    whole: Compared


def play(
    worlds: tuple[World, World],
    policies: Mapping[str, PolicyFactory],
    orders: int,
    seed: int,
    progress: Callable[[], None] = lambda: None,
) -> dict[str, Domains]:
    """Let every policy learn the first world, then the second, in the same orders.

    Each order holds out another quarter of the first world, by the problems' text; a
    policy answers those as it would serve, so one that explores does so there as well.
    `progress` is called after each order.

    Raises:
        NothingToLearnError: a world is so small that luck would decide.
    """
    for world in worlds:
        _check(world)
    return {
        name: _domains(worlds, new_policy, orders, seed, progress)
        for name, new_policy in policies.items()
    }


def score(played: Domains) -> DomainScore:
    """Score what a policy got."""
    start = played.carried.shape[1] // 5
    carried, scratch = played.carried, played.scratch
    return DomainScore(
        _compared(played.before, played.after),
        _compared(carried[:, :start].mean(1), scratch[:, :start].mean(1)),
        _compared(carried.mean(1), scratch.mean(1)),
    )


def _compared(first: Matrix, second: Matrix) -> Compared:
    paired = first - second
    return Compared(
        float(first.mean()),
        float(second.mean()),
        float(paired.mean()),
        interval(paired),
    )


def _domains(
    worlds: tuple[World, World],
    new_policy: PolicyFactory,
    orders: int,
    seed: int,
    progress: Callable[[], None],
) -> Domains:
    held_out = np.empty((2, orders))
    curves = np.empty((2, orders, len(worlds[1].table.problems)))
    for order in range(orders):
        held_out[:, order], curves[:, order] = _one_order(
            worlds, new_policy, (seed, order)
        )
        progress()
    return Domains(*held_out, *curves)


def _one_order(
    worlds: tuple[World, World], new_policy: PolicyFactory, seeds: tuple[int, int]
) -> tuple[list[float], list[list[float]]]:
    """Return success on what is held out, twice, and on the second world, twice."""
    first, second = worlds
    rng, name = np.random.default_rng((*seeds, 6)), "-".join(map(str, seeds))
    learned, held_out = _split(first.table, int(rng.integers(2**32)))
    rows = rng.permutation(len(second.table.problems))
    policy, fresh = (new_policy(np.random.default_rng((*seeds, 1))) for _ in range(2))
    _curve(first, policy, rng.permutation(learned), f"{name}-1")
    before = _served(first, policy, held_out, name)
    carried = _curve(second, policy, rows, f"{name}-2")
    after = _served(first, policy, held_out, name)
    return [before, after], [carried, _curve(second, fresh, rows, f"{name}-2")]


def _split(
    table: OutcomeTable, seed: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    held_out = np.array([split_of(text, seed) == "heldout" for text in table.problems])
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def _curve(
    world: World, policy: Policy, rows: NDArray[np.int64], name: str
) -> list[float]:
    return [step.net for step in one_pass(world, policy, rows, name)]


def _served(world: World, policy: Policy, rows: NDArray[np.int64], name: str) -> float:
    """Return the mean success of choices; where the policy abstains, of all offered."""
    got = []
    for row in map(int, rows):
        decision = policy.choose(world.case(row, f"{name}-held-out-{row}"))
        outcomes = world.table.outcomes[row]
        if decision.approach is None:
            got.append(np.nanmean(outcomes))
        else:
            got.append(outcomes[world.table.approaches.index(decision.approach)])
    return float(np.mean(got))


def _check(world: World) -> None:
    count = len(world.table.problems)
    if count < LEAST_PROBLEMS:
        raise NothingToLearnError(
            f"a domain of {count} different problems, {LEAST_PROBLEMS} needed: with "
            "fewer, luck decides what seems forgotten"
        )
