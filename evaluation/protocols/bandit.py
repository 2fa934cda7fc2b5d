"""One pass over the problems; a policy sees only the outcome of what it chose.

The replay of a full-information log as a bandit problem, as in Bietti, Agarwal and
Langford, A Contextual Bandit Bake-off (2021).
"""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pilotfish.advisors.encoder import Embeddings
from pilotfish.evaluation.outcomes import OutcomeTable
from pilotfish.evaluation.policies.policy import (
    Case,
    Decision,
    Outcome,
    Policy,
    PolicyFactory,
)

Matrix = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Passes:
    """What a policy got, (orders, problems) in the order in which problems came.

    `net` is the success less the weighted cost, `predicted` the chance given to the
    approach that was taken, NaN where none was. Seconds are means of one call.
    """

    success: Matrix
    net: Matrix
    predicted: Matrix
    abstained: NDArray[np.bool_]
    choose_s: float
    learn_s: float


class Step(NamedTuple):
    """What came of one problem; where the policy abstained, of the agent's own choice.

    `row` and `column` are places in the table; `predicted` is as in `Passes`.
    """

    row: int
    case: Case
    decision: Decision
    column: int
    success: float
    net: float
    predicted: float
    choose_s: float
    learn_s: float


@dataclass(frozen=True, slots=True)
class World:
    """What is played: `labels` are what policies learn, the table what they get.

    `domains` are the sizes of groups of problems that come one after the other; empty:
    all problems are one group.
    `cost_weight` is what a unit of cost takes from a success.
    """

    table: OutcomeTable
    embeddings: Embeddings
    labels: Matrix
    domains: tuple[int, ...] = ()
    cost_weight: float = 0.0

    @property
    def priced(self) -> OutcomeTable:
        """The table with what counts as outcomes: success less weighted cost."""
        return self.table.priced(self.cost_weight)

    def outcome(self, row: int, column: int) -> Outcome:
        """Return what a policy learns of this attempt."""
        success, costs = float(self.labels[row, column]), self.table.costs
        if costs is None or not self.cost_weight:
            return Outcome(success, 0.0, success)
        cost, most = float(costs[row, column]), self.table.dearest
        saved = self.cost_weight * (most - cost)
        reward = (success + saved) / (1 + self.cost_weight * most)
        return Outcome(success, cost, reward)

    def order(self, rng: np.random.Generator) -> NDArray[np.int64]:
        """Return the rows in random order, domain by domain."""
        sizes = self.domains or (len(self.table.problems),)
        starts = np.cumsum([0, *sizes])
        drawn = [rng.permutation(size) for size in sizes]
        return np.concatenate([a + b for a, b in zip(starts, drawn, strict=False)])

    def case(self, row: int, request_id: str) -> Case:
        """Return a problem with the approaches whose outcome is on record."""
        table = self.table
        tried = np.flatnonzero(~np.isnan(table.outcomes[row]))
        return Case(
            request_id,
            table.problems[row],
            table.kinds[row],
            self.embeddings[row],
            tuple(table.approaches[column] for column in tried),
        )


def play(
    world: World,
    policies: Mapping[str, PolicyFactory],
    orders: int,
    seed: int,
    progress: Callable[[], None] = lambda: None,
) -> dict[str, Passes]:
    """Let every policy play the same orders; `progress` is called after each of them.

    What an abstaining policy's agent does is drawn evenly, the same for all policies.
    """
    return {
        name: _passes(world, new_policy, orders, seed, progress)
        for name, new_policy in policies.items()
    }


def _passes(
    world: World,
    new_policy: PolicyFactory,
    orders: int,
    seed: int,
    progress: Callable[[], None],
) -> Passes:
    count = len(world.table.problems)
    success, net, predicted = np.full((3, orders, count), np.nan)
    abstained = np.zeros((orders, count), bool)
    spent = np.zeros(2)
    for order in range(orders):
        rows = world.order(np.random.default_rng((seed, order)))
        policy = new_policy(np.random.default_rng((seed, order, 1)))
        steps = one_pass(world, policy, rows, f"{seed}-{order}")
        for at, step in enumerate(steps):
            success[order, at], net[order, at] = step.success, step.net
            predicted[order, at] = step.predicted
            abstained[order, at] = step.decision.approach is None
            spent += step.choose_s, step.learn_s
        progress()
    choose_s, learn_s = spent / (orders * count)
    return Passes(success, net, predicted, abstained, float(choose_s), float(learn_s))


def one_pass(
    world: World, policy: Policy, rows: NDArray[np.int64], name: str
) -> Iterator[Step]:
    """Let a policy choose and learn on these rows of the table, one after another.

    `name` is the pass's own: it seeds what agents choose where the policy abstains.
    """
    place = {approach: at for at, approach in enumerate(world.table.approaches)}
    priced = world.priced.outcomes
    own_choice = np.random.default_rng([ord(letter) for letter in name])
    for row in map(int, rows):
        case = world.case(row, f"{name}-{row}")
        own = case.approaches[int(own_choice.integers(len(case.approaches)))]
        begun = time.perf_counter()
        decision = policy.choose(case)
        chosen = time.perf_counter()
        taken = decision.approach or own
        column = place[taken]
        policy.learn(case, decision, taken, world.outcome(row, column))
        learned = time.perf_counter()
        got = float(world.table.outcomes[row, column]), float(priced[row, column])
        chance = _chance(case, decision, taken)
        times = chosen - begun, learned - chosen
        yield Step(row, case, decision, column, *got, chance, *times)


def _chance(case: Case, decision: Decision, taken: str) -> float:
    if not decision.p_success:
        return float("nan")
    return decision.p_success[case.approaches.index(taken)]


def noisy_labels(table: OutcomeTable, noise: float, seed: int) -> Matrix:
    """Return the outcomes as policies learn them, this share of them flipped."""
    flipped = np.random.default_rng((seed, 2)).random(table.outcomes.shape) < noise
    return np.where(flipped, 1 - table.outcomes, table.outcomes)


def shuffled(table: OutcomeTable, seed: int) -> OutcomeTable:
    """Return a table whose rows change places, so that texts say nothing of outcomes."""
    rows = np.random.default_rng((seed, 3)).permutation(len(table.problems))
    costs = None if table.costs is None else table.costs[rows]
    return replace(table, outcomes=table.outcomes[rows], costs=costs)
