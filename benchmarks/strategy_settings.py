"""Settings of the strategies: chosen on made-up agents, then looked at on the logs."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from sklearn.metrics import adjusted_mutual_info_score
from tables import table

from pilotfish.evaluation.made_up_agents import draw_behaviours
from pilotfish.strategies.finding import ALIKE, ENOUGH
from pilotfish.strategies.patterns import PAIR, Pattern, pattern_of, vector

PAIRS = (0.25, 0.5, 0.75, 1.0, 1.5)
DISTANCES = (0.4, 0.5, 0.55, 0.6, 0.65, 0.7)
LEAST = (5, 10, 20, 40)
"""Attempts of a strategy."""
SEEDS = 6
ATTEMPTS = 600


class World(NamedTuple):
    """Patterns of attempts, and what each attempt's behaviour truly was."""

    patterns: Sequence[Pattern]
    truth: Sequence[Any]


class Setting(NamedTuple):
    """What is chosen."""

    pair: float
    distance: float
    enough: int


IN_USE = Setting(PAIR, ALIKE, ENOUGH)


def worlds() -> Iterator[World]:
    """Yield made-up agents: 3, 5 or 8 behaviours, which 5, 10 or 20 % of moves blur."""
    for seed, count, blur in product(range(SEEDS), (3, 5, 8), (0.05, 0.1, 0.2)):
        moves, truth = draw_behaviours(count, ATTEMPTS, blur, seed)
        yield World([pattern_of(each) for each in moves], truth.tolist())


def scores(world: World) -> dict[Setting, float]:
    """Return the AMI of each setting."""
    counts = Counter(pattern for pattern in world.patterns if pattern)
    distinct = sorted(counts)
    found = {}
    for pair in PAIRS:
        vectors = np.stack([vector(pattern, pair) for pattern in distinct])
        tree = linkage(vectors.astype(np.float64), "average", metric="cosine")
        for distance in DISTANCES:
            parts = fcluster(tree, distance, "distance")
            of = dict(zip(distinct, map(int, parts), strict=True))
            for enough in _least(pair, distance):
                found[Setting(pair, distance, enough)] = _ami(world, counts, of, enough)
    return found


def _least(pair: float, distance: float) -> Sequence[int]:
    return LEAST if (pair, distance) == IN_USE[:2] else (ENOUGH,)


def _ami(
    world: World, counts: Counter[Pattern], parts: dict[Pattern, int], enough: int
) -> float:
    sizes: Counter[int] = Counter()
    for pattern, part in parts.items():
        sizes[part] += counts[pattern]
    kept = {p: part for p, part in parts.items() if sizes[part] >= enough}
    labels = [kept.get(pattern, 0) for pattern in world.patterns]
    return float(adjusted_mutual_info_score(world.truth, labels))


def measured(logs: dict[str, World]) -> dict[str, Any]:
    """Return the mean AMI over made-up agents and that on each log, by setting."""
    each = [scores(world) for world in worlds()]
    grid = {s: np.array([one[s] for one in each]) for s in each[0]}
    on_logs = {name: scores(world) for name, world in logs.items()}
    return {
        "made_up_agents": len(each),
        "settings": [_row(setting, grid, on_logs) for setting in sorted(grid)],
        "in_use": IN_USE._asdict(),
    }


def _row(
    setting: Setting,
    grid: dict[Setting, NDArray[np.float64]],
    on_logs: dict[str, dict[Setting, float]],
) -> dict[str, Any]:
    values = grid[setting]
    mean = float(values.mean())
    error = float(values.std(ddof=1) / np.sqrt(len(values)))
    logs = {name: round(found[setting], 3) for name, found in on_logs.items()}
    return {
        **setting._asdict(),
        "made_up": round(mean, 3),
        "error": round(error, 3),
        "logs": logs,
    }


def page(part: Mapping[str, Any]) -> str:
    """Return the part of the page."""
    rows = [
        (
            *(_marked(row, part["in_use"], name) for name in part["in_use"]),
            f"{row['made_up']:.3f} ± {row['error']:.3f}",
            *(f"{ami:.3f}" for ami in row["logs"].values()),
        )
        for row in part["settings"]
    ]
    columns = ("pair", "distance", "least attempts", "made-up agents")
    return (
        f"## Settings\n\nMean AMI over {part['made_up_agents']} made-up agents and its "
        "standard error; bold is in use: the best with the least distance, of all within "
        f"one standard error of the best.\n\n{table((*columns, *part['settings'][0]['logs']), rows)}"
    )


def _marked(row: Mapping[str, Any], in_use: Mapping[str, Any], name: str) -> str:
    mark = "**" if all(row[key] == in_use[key] for key in in_use) else ""
    return f"{mark}{row[name]}{mark}"
