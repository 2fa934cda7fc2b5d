"""What an import is worth to another tenant: passes over public logs with and without it.

One tenant has 6,000 attempts of the log's problems, or all there are. Its archive is made
as the memory and `pilotfish strategies export` make it, with each approach for a strategy.
The other tenant has other problems, and at first knows nothing but the import.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression
from strategy_tenants import Division
from tables import table

from pilotfish.advisors.encoder import Embeddings
from pilotfish.consumers.memory.groups.clusters import Clusters, grouped
from pilotfish.consumers.memory.groups.playbook import interval as of_shares
from pilotfish.evaluation.policies.pilotfish import FastAdvisor
from pilotfish.evaluation.protocols.bandit import World, one_pass
from pilotfish.evaluation.protocols.scores import interval
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

LEARNED = 6000
"""Attempts of the tenant that exports."""
PLAYED = 400
"""Attempts of the tenant that imports, at most."""
AT_ONCE = 100
"""The first attempts, whose success is to be reached without the import."""
ENOUGH = 20
"""Different problems from which an archive has their mean, as in `strategies export`."""
RESAMPLES = 1000

Floats = NDArray[np.float64]
Tries = NDArray[np.int64]
"""(n, 2): row and column of each attempt."""


def passes(divisions: Sequence[Division]) -> dict[str, Floats]:
    """Return (orders, attempts) the success above that of any approach, by what came in.

    What the problem gives to any approach is taken away, because it only adds noise.
    """
    played: dict[str, list[Floats]] = defaultdict(list)
    count = min(PLAYED, *(len(each.target.table.problems) for each in divisions))
    for order, division in enumerate(divisions):
        target = division.target
        mean = np.nanmean(target.table.outcomes, axis=1)
        rng = np.random.default_rng((0, order))
        rows = rng.permutation(len(target.table.problems))[:count]
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
    result: dict[str, Any] = {"orders": len(nothing), "attempts": nothing.shape[1]}
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
    """Return the number of attempts where it is not reached."""
    at = np.arange(nothing.shape[1])
    curve = IsotonicRegression().fit_transform(at, nothing.mean(0))
    return int(np.searchsorted(curve, gained[:, :AT_ONCE].mean()))


def _mean(values: Floats) -> float:
    return round(float(values.mean()), 4)


def _ends(values: Floats) -> list[float]:
    return [round(end, 4) for end in interval(values)]


def page(part: Mapping[str, Any]) -> str:
    """Return the part of the page."""
    rows = [
        (
            *(case_name, name, f"{case['at_once_without']:+.3f}"),
            f"{case[name]['at_once']:+.3f}",
            _cell(case[name]),
            _saved_cell(case, case[name]) if name == "import" else "-",
        )
        for case_name, case in part.items()
        for name in ("import", "shuffled", "reversed")
    ]
    first = next(iter(part.values()))
    columns = ("what carries over", "what came in", "first 100 without", "with it")
    more = (f"difference over {first['attempts']:,}, 95 %", "attempts saved, 95 %")
    return (
        "## Imported strategies\n\nOne tenant has 6,000 attempts of a log's problems, or "
        "all there are; the other one has other problems. In `intercode_sql` these are of "
        "other databases, and strategies are the found ones. In `mmlu_pro` strategies are "
        "agents to consult: of four, all is known from other problems; or each of the four "
        "is another model in the place of the one that was known, of the same maker or size "
        "as far as there is one. Success is above that of any approach on the same problem. "
        "Saved are the attempts after which a tenant without the import is as good as one "
        "with it in its first hundred. Beside the import stand what was learned from "
        "shuffled outcomes, and from outcomes turned into their opposite. "
        f"{first['orders']} orders; each draws its own division.\n\n"
        + table((*columns, *more), rows)
    )


def _cell(came_in: Mapping[str, Any]) -> str:
    low, high = came_in["ci95"]
    return f"{came_in['difference']:+.4f} ({low:+.4f} to {high:+.4f})"


def _saved_cell(case: Mapping[str, Any], came_in: Mapping[str, Any]) -> str:
    low, high = (
        f"over {end:,}" if end >= case["attempts"] else f"{end:,}"
        for end in came_in["saved_ci95"]
    )
    return f"{came_in['saved']:,} ({low} to {high})"
