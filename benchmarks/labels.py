"""Measures labels made of weak sources: python benchmarks/labels.py, or make bench-labels.

1. Worlds with known truth, 20 seeds each: the share of wrong labels, and how far P(success)
   is from what comes true, on the attempts of which nobody said how they ended.
2. Advice: `pilotfish evaluate --protocol bandit` on intercode_sql, its advisor taught these
   labels instead of the true ones, with five sources of median quality, drawn anew for
   each of ten orders.

Writes benchmarks/labels.json and benchmarks/labels.md; takes a quarter of an hour.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from label_rivals import RIVALS, P
from label_worlds import QUALITIES, Drawn, World, draw, worlds
from rich.progress import track

from pilotfish.evaluation.policies.pilotfish import FastAdvisor
from pilotfish.evaluation.policies.policy import Case, Decision, Outcome
from pilotfish.evaluation.protocols.bandit import play
from pilotfish.evaluation.protocols.scores import interval
from pilotfish.evaluation.reports.log import Perturbation, read_log
from pilotfish.trainers.evaluate import expected_calibration_error

HERE = Path(__file__).parent
LOG = HERE.parents[1] / "shared/data/intercode_sql.jsonl.gz"
SEEDS = 20
ORDERS = 10
ADVICE = World(0, 5, "median", 0, 0.1)
ADVICE_PAIRS = ADVICE._replace(pairs=1)


def main() -> None:
    """Measure, and write both files."""
    every = list(worlds())
    results = {
        "worlds": [measured(world) for world in track(every, "worlds")],
        "advice": {
            name: advice(world)
            for name, world in (("apart", ADVICE), ("a pair", ADVICE_PAIRS))
        },
    }
    (HERE / "labels.json").write_text(json.dumps(results, indent=1) + "\n")
    (HERE / "labels.md").write_text("\n".join(page(results)) + "\n")


def measured(world: World) -> dict[str, Any]:
    """Return error and calibration error of each rival, seed by seed."""
    scores: dict[str, dict[str, list[float]]] = {}
    for seed in range(SEEDS):
        drawn = draw(world, seed)
        asked = (drawn.votes >= 0).any(1) & (drawn.said < 0)
        truth = drawn.truth[asked].astype(np.float64)
        for name, rival in RIVALS.items():
            labels = rival(drawn)[asked]
            if np.isnan(labels).all():
                # No label is as good as the share of successes among what was said.
                said = drawn.said[drawn.said >= 0]
                labels = np.full(len(truth), said.mean() if len(said) else 0.5)
            found = scores.setdefault(name, {"error": [], "calibration": []})
            found["error"].append(_error(labels, truth))
            found["calibration"].append(expected_calibration_error(labels, truth))
    return {"world": world._asdict(), "scores": scores}


def _error(labels: P, truth: P) -> float:
    """Return the share of wrong labels; undecided ones are wrong half the time."""
    return float(np.where(labels == 0.5, 0.5, (labels > 0.5) != truth).mean())


class Unlabelled(FastAdvisor):
    """The advisor in service, which does not learn from labels that abstain."""

    def learn(
        self, case: Case, decision: Decision, approach: str, outcome: Outcome
    ) -> None:
        if not np.isnan(outcome.success):
            super().learn(case, decision, approach, outcome)


def advice(sources: World) -> dict[str, dict[str, Any]]:
    """Return the success of advice by what it was taught, and the difference to truth."""
    world = read_log([LOG], skip_bad=False).world(Perturbation(seed=0))
    truth = world.table.outcomes
    place = np.argwhere(~np.isnan(truth))
    np.random.default_rng(0).shuffle(place)
    rows, columns = place.T
    succeeded = (truth[rows, columns] >= 0.5).astype(np.int64)
    ways: dict[str, Callable[[Drawn], P]] = {
        "true labels": lambda drawn: drawn.truth.astype(np.float64),
        **RIVALS,
    }
    reached: dict[str, P] = {}
    dim = world.embeddings.shape[1]
    for name, labels in track(ways.items(), "advice", len(ways)):
        reached[name] = np.empty(ORDERS)
        for seed in range(ORDERS):
            made = np.full(truth.shape, np.nan)
            made[rows, columns] = labels(draw(sources, seed, succeeded))
            labelled = replace(world, labels=made)
            passes = play(labelled, {name: lambda _: Unlabelled(dim)}, 1, seed)[name]
            reached[name][seed] = passes.success.mean()
    best = reached["true labels"]
    return {
        name: {
            "success": float(by_order.mean()),
            "lost": float((best - by_order).mean()),
            "lost_ci95": interval(best - by_order),
        }
        for name, by_order in reached.items()
    }


def page(results: dict[str, Any]) -> Iterator[str]:
    """Yield the tables, line by line."""
    yield "# Labels that nobody wrote\n\nWritten by `make bench-labels`.\n"
    yield "Each cell: share of wrong labels / calibration error, means of 20 seeds.\n"
    for quality, (low, high) in QUALITIES.items():
        yield f"## Sources right in {low} to {high}\n"
        yield "| sources | of these in pairs | said | " + " | ".join(RIVALS) + " |"
        yield "|---|---|---|" + "---|" * len(RIVALS)
        for one in results["worlds"]:
            if one["world"]["quality"] == quality:
                yield _row(one)
        yield ""
    yield "## Advice on intercode_sql, taught these labels\n"
    yield "| sources | taught | success | lost to true labels | 95 % |\n|---|---|---|---|---|"
    for sources, ways in results["advice"].items():
        for name, one in ways.items():
            low, high = one["lost_ci95"]
            numbers = f"{one['success']:.3f} | {one['lost']:.3f} | {low:.3f} {high:.3f}"
            yield f"| {sources} | {name} | {numbers} |"


def _row(one: dict[str, Any]) -> str:
    world = World(**one["world"])
    cells = [
        f"{np.mean(of['error']):.3f} / {np.mean(of['calibration']):.3f}"
        for of in one["scores"].values()
    ]
    head = f"| {world.sources} | {2 * world.pairs} | {world.explicit:.0%} | "
    return head + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
