"""Two tenants of one public log: what the one learns from, and what the other one meets."""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import strategy_logs
from numpy.typing import NDArray

from pilotfish.evaluation.outcomes import OutcomeTable
from pilotfish.evaluation.protocols.bandit import World
from pilotfish.evaluation.reports.log import Perturbation, read_log

AGENTS = strategy_logs.DATA / "mmlu_pro_agents.jsonl.gz"
LEARNED_OF = (
    "Qwen1.5-110B",
    "mathstral-7B",
    "Meta-Llama-3_1-8B-Instruct",
    "jamba-1.5-large",
)
OTHERS = (
    "Qwen1.5-72B-Chat",
    "Mixtral-8x7B-Instruct-v0.1",
    "Phi-3-mini-4k-instruct",
    "Yi-34B",
)
"""Each beside one of the same maker or size, as far as there is one."""
ORDERS = 30


class Division(NamedTuple):
    """What one tenant learned from, and what the other one meets."""

    source: World
    target: World


def cases() -> dict[str, list[Division]]:
    """Return what is measured: other problems, agents, models and kinds of problems."""
    sql = strategy_logs.named(strategy_logs.LOGS["intercode_sql"])
    found = strategy_logs.with_strategies(sql)
    agents = read_log([AGENTS], skip_bad=False, say=print).world(Perturbation(0))
    divisions = halves(agents)
    return {
        "intercode_sql, other databases": by_kind(strategy_logs.world_of(sql, found)),
        "mmlu_pro, other problems": [
            with_approaches(each, LEARNED_OF, LEARNED_OF) for each in divisions
        ],
        "mmlu_pro, other models": [
            with_approaches(each, LEARNED_OF, OTHERS) for each in divisions
        ],
    }


def halves(world: World) -> list[Division]:
    """Return divisions of a log's problems at random, one for each order."""
    count = len(world.table.problems)
    drawn = [np.random.default_rng((1, n)).permutation(count) for n in range(ORDERS)]
    return [
        Division(part(world, rows[: count // 2]), part(world, rows[count // 2 :]))
        for rows in drawn
    ]


def by_kind(world: World) -> list[Division]:
    """Return divisions by the problems' types: the other tenant's are all new."""
    kinds, types = np.array(world.table.kinds), sorted(set(world.table.kinds))
    divisions = []
    for order in range(ORDERS):
        drawn = np.random.default_rng((1, order)).permutation(types)[: len(types) // 2]
        inside = np.isin(kinds, drawn)
        rows = np.flatnonzero(inside), np.flatnonzero(~inside)
        divisions.append(Division(part(world, rows[0]), part(world, rows[1])))
    return divisions


def with_approaches(
    division: Division, source: Sequence[str], target: Sequence[str]
) -> Division:
    """Return the division with these approaches only.

    The n-th of the target has the name of the n-th of the source: the same role, filled by
    another.
    """
    return Division(
        _of_columns(division.source, source, source),
        _of_columns(division.target, target, source),
    )


def _of_columns(world: World, approaches: Sequence[str], names: Sequence[str]) -> World:
    columns = [world.table.approaches.index(approach) for approach in approaches]
    table = replace(
        world.table,
        approaches=tuple(names),
        outcomes=world.table.outcomes[:, columns],
        costs=None,
    )
    return World(table, world.embeddings, table.outcomes)


def part(world: World, rows: NDArray[np.int64]) -> World:
    """Return the world of these problems."""
    table = OutcomeTable(
        tuple(world.table.problems[row] for row in rows),
        tuple(world.table.kinds[row] for row in rows),
        world.table.approaches,
        world.table.outcomes[rows],
    )
    return World(table, world.embeddings[rows], world.labels[rows])
