"""What an import is worth to another tenant: passes over public logs with and without it.

One tenant has 6,000 attempts of the log's problems, or all there are. Its archive is made
as the memory and `pilotfish strategies export` make it, with each approach for a strategy.
The other tenant has other problems, and at first knows nothing but the import.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import strategy_logs
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression

from pilotfish.advisors.encoder import Embeddings
from pilotfish.consumers.memory.groups.clusters import Clusters, grouped
from pilotfish.consumers.memory.groups.playbook import interval as of_shares
from pilotfish.evaluation.outcomes import OutcomeTable
from pilotfish.evaluation.policies.pilotfish import FastAdvisor
from pilotfish.evaluation.protocols.bandit import World, one_pass
from pilotfish.evaluation.protocols.scores import interval
from pilotfish.evaluation.reports.log import Perturbation, read_log
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.strategies import Imported
from pilotfish.schemas.strategy_archive import (
    MOST_GROUPS,
    ArchivedStrategy,
    Count,
    Kind,
    StrategyArchive,
)
from pilotfish.strategies.priors import imported

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
ORDERS = 12
LEARNED = 6000
"""Attempts of the tenant that exports."""
PLAYED = 400
"""Attempts of the tenant that imports."""
AT_ONCE = 100
"""The first attempts, whose success is to be reached without the import."""
ENOUGH = 20
"""Different problems from which an archive has their mean, as in `strategies export`."""
RESAMPLES = 1000

Floats = NDArray[np.float64]
Tries = NDArray[np.int64]
"""(n, 2): row and column of each attempt."""


class Division(NamedTuple):
    """What one tenant learned from, and what the other one meets."""

    source: World
    target: World


def passes(divisions: Sequence[Division]) -> dict[str, Floats]:
    """Return (orders, PLAYED) the success above that of any approach, by what came in.

    What the problem gives to any approach is taken away, because it only adds noise.
    """
    played: dict[str, list[Floats]] = defaultdict(list)
    for order, division in enumerate(divisions):
        target = division.target
        mean = np.nanmean(target.table.outcomes, axis=1)
        rng = np.random.default_rng((0, order))
        rows = rng.permutation(len(target.table.problems))[:PLAYED]
        for name, known in _imports(division.source, rng).items():
            policy = FastAdvisor(target.embeddings.shape[1], imported=known)
            steps = one_pass(target, policy, rows, str(order))
            gained = [s.success - mean[s.row] for s in steps]
            played[name].append(np.array(gained))
    return {name: np.stack(each) for name, each in played.items()}


def _imports(
    source: World, rng: np.random.Generator
) -> Mapping[str, Mapping[str, Imported]]:
    """Return nothing, what was learned, and two that are wrong."""
    tries = rng.permutation(np.argwhere(~np.isnan(source.labels)))[:LEARNED]
    got = source.labels[tries[:, 0], tries[:, 1]]
    outcomes = {"import": got, "shuffled": rng.permutation(got), "reversed": 1 - got}
    groups = _groups(source.embeddings, tries)
    return {"nothing": {}} | {
        name: imported(_archive(source, tries, each, groups))
        for name, each in outcomes.items()
    }


def _groups(embeddings: Embeddings, tries: Tries) -> list[str]:
    """Return the group of each attempt's problem, as the memory finds it."""
    clusters, new = Clusters(), []
    joined = []
    for number, row in enumerate(tries[:, 0]):
        name, founded = clusters.join(str(number), embeddings[row])
        joined.append(name)
        new += [founded] if founded is not None else []
    groups = grouped(new, Counter(joined)).clusters
    # Called by their first cluster, because new groups have names drawn at random.
    names: dict[str, str] = {}
    return [names.setdefault(groups[name], name) for name in joined]


def _archive(
    source: World, tries: Tries, outcomes: Floats, groups: Sequence[str]
) -> StrategyArchive:
    names, of_group = source.table.approaches, np.array(groups)
    kinds, counts = [], []
    for group, _ in Counter(groups).most_common(MOST_GROUPS):
        its = of_group == group
        kinds.append(_kind(group, source.embeddings, tries[its, 0], outcomes[its]))
        for column, name in enumerate(names):
            got = outcomes[its & (tries[:, 1] == column)]
            counts += [_count(group, name, got)] if len(got) else []
    return StrategyArchive(
        tenant="source",
        exported_at=utc_now(),
        pilotfish="",
        kinds=tuple(kinds),
        strategies=tuple(
            ArchivedStrategy(
                strategy=name, name=name, instruction="", standing="offered"
            )
            for name in names
        ),
        counts=tuple(counts),
    )


def _kind(group: str, embeddings: Embeddings, rows: Tries, outcomes: Floats) -> Kind:
    enough = len(set(rows.tolist())) >= ENOUGH
    return Kind(
        group_id=group,
        words="",
        encoder="base",
        centroid=tuple(embeddings[rows].mean(0).tolist()) if enough else (),
        attempts=len(rows),
        successes=int(outcomes.sum()),
        newest=utc_now(),
    )


def _count(group: str, strategy: str, outcomes: Floats) -> Count:
    successes = int(outcomes.sum())
    low, high = of_shares(successes, len(outcomes))
    return Count(
        group_id=group,
        strategy=strategy,
        model="",
        attempts=len(outcomes),
        successes=successes,
        low=low,
        high=high,
    )


def measured(divisions: Sequence[Division]) -> dict[str, Any]:
    """Return what each import changed in the first attempts, and how many it saved."""
    played = passes(divisions)
    nothing = played["nothing"]
    result: dict[str, Any] = {"orders": len(nothing), "attempts": PLAYED}
    result["at_once_without"] = _mean(nothing[:, :AT_ONCE])
    for name, gained in played.items():
        if name != "nothing":
            result[name] = {
                "at_once": _mean(gained[:, :AT_ONCE]),
                "difference": _mean(gained - nothing),
                "ci95": _ends((gained - nothing).mean(1)),
                **_saved(nothing, gained),
            }
    return result


def _saved(nothing: Floats, gained: Floats) -> dict[str, Any]:
    """Return after how many attempts no import is as good as the import at once."""
    rng = np.random.default_rng(0)
    orders = len(nothing)
    drawn = [rng.integers(0, orders, orders) for _ in range(RESAMPLES)]
    resampled = [_reached(nothing[rows], gained[rows]) for rows in drawn]
    ends = np.quantile(resampled, (0.025, 0.975), method="nearest")
    return {"saved": _reached(nothing, gained), "saved_ci95": ends.tolist()}


def _reached(nothing: Floats, gained: Floats) -> int:
    """Return PLAYED where it is not reached."""
    at = np.arange(nothing.shape[1])
    curve = IsotonicRegression().fit_transform(at, nothing.mean(0))
    return int(np.searchsorted(curve, gained[:, :AT_ONCE].mean()))


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


def _mean(values: Floats) -> float:
    return round(float(values.mean()), 4)


def _ends(values: Floats) -> list[float]:
    return [round(end, 4) for end in interval(values)]
