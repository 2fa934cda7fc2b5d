"""The protocols `bandit` and `full`: all policies side by side."""

import os
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

import numpy as np
from rich.progress import Progress

from pilotfish.evaluation.policies.policy import PolicyFactory
from pilotfish.evaluation.policies.registry import (
    VOWPAL_WABBIT,
    batch_policies,
    policies,
    trained_policies,
)
from pilotfish.evaluation.protocols import bandit, full
from pilotfish.evaluation.protocols.bandit import World
from pilotfish.evaluation.protocols.scores import (
    Score,
    best_single,
    hindsight,
    per_type,
    score,
    score_held_out,
)
from pilotfish.evaluation.reports.report import Length, Report, interval, number, ticks
from pilotfish.runtime.console import progress_bar
from pilotfish.runtime.settings import Settings
from pilotfish.trainers.quiet import QUIET

_LEGEND = """
calib.: expected calibration error. abst.: share left to the agent, which then chooses
evenly. ms: a choice, beside {encode_ms:.1f} ms of the encoder. Intervals are of 95 %.
With --cost-weight, success is less weighted cost; policies other than pilotfish predict
that, pilotfish success alone."""
_BANDIT = "half 2: success on the second half. - VW: what it has over Vowpal Wabbit."
_FULL = """right: share of held-out attempts predicted right. - ridge: what it has over the
regression on words."""


def play_bandit(world: World, length: Length) -> Report:
    """One pass in random order; a policy sees only the outcome of what it chose."""
    quick = policies(world.embeddings.shape[1], world.cost_weight)
    with progress_bar() as progress:
        tick = ticks(progress, "orders played", length.orders * len(quick))
        passes = bandit.play(world, quick, length.orders, length.seed, tick)
        slow, verdicts = _trained_policies(world, length, progress)
        passes |= bandit.play(world, slow, length.trained, length.seed)
    single = float(np.nanmean(best_single(world.priced)))
    rivals = {
        "best single": np.full(length.orders, single),
        "VW": passes[VOWPAL_WABBIT].net.mean(1),
        "Thompson": passes["Thompson"].net.mean(1),
    }
    scores = {name: score(played, rivals) for name, played in passes.items()}
    columns = ("policy", "success", "95 %", "half 2", "- VW", "calib.", "abst.", "ms")
    lines = {**scores, **hindsight(world.priced)}
    return Report(
        columns,
        [_row(name, line, "VW", line.second_half) for name, line in lines.items()],
        _legend(_BANDIT, verdicts()),
        {name: asdict(line) for name, line in lines.items()},
        {"verdicts": verdicts()},
        {name: played.net for name, played in passes.items()},
    )


def play_full(world: World, length: Length) -> Report:
    """Five folds; everything on record about four of them, advice on the fifth."""
    quick = batch_policies(world.embeddings.shape[1], world.cost_weight)
    with progress_bar() as progress:
        folds = length.orders * len(quick) * full.FOLDS
        tick = ticks(progress, "folds played", folds)
        held = full.cross_validate(world, quick, length.orders, length.seed, tick)
        slow, verdicts = _trained_policies(world, length, progress)
        held |= full.cross_validate(world, slow, length.trained, length.seed)
    rivals = {
        "best single": best_single(world.priced),
        "best per type": per_type(world.priced),
        "VW": held[VOWPAL_WABBIT].success.mean(0),
        "tf-idf ridge": held["tf-idf ridge"].success.mean(0),
    }
    scores = {
        name: score_held_out(result, world.table, rivals)
        for name, result in held.items()
    }
    columns = ("policy", "success", "95 %", "right", "- ridge", "calib.", "abst.", "ms")
    lines = {**scores, **hindsight(world.priced)}
    return Report(
        columns,
        [
            _row(name, line, "tf-idf ridge", line.accuracy)
            for name, line in lines.items()
        ],
        _legend(_FULL, verdicts()),
        {name: asdict(line) for name, line in lines.items()},
        {"verdicts": verdicts()},
    )


def _trained_policies(
    world: World, length: Length, progress: Progress
) -> tuple[Mapping[str, PolicyFactory], Callable[[], list[dict[str, Any]]]]:
    """Return the policies with trainings, if any shall play, and how to get verdicts."""
    if not length.trained:
        return {}, list
    os.environ.update(QUIET)
    # Torch and its kin load for 15 s.
    from pilotfish.evaluation.policies.trained import SharedTrainings

    bar = progress.add_task("LoRA steps of a training", total=None)

    def step(done: int, total: int, _loss: float) -> None:
        progress.update(bar, completed=done, total=total)

    texts = world.table.problems
    base = Settings().base_model
    trainings = SharedTrainings(base, texts, world.embeddings, step, world.cost_weight)
    return trained_policies(trainings), lambda: [
        asdict(verdict) for verdict in trainings.verdicts
    ]


def _legend(columns: str, verdicts: list[dict[str, Any]]) -> str:
    lines = [_LEGEND, columns]
    if verdicts:
        promoted = sum(verdict["promoted"] for verdict in verdicts)
        lines.append(f"The gate judged {len(verdicts)} trainings, promoted {promoted}.")
    return "\n".join(lines)


def _row(name: str, line: Score, rival: str, third: float | None) -> list[str]:
    return [
        name,
        number(line.success),
        interval(line.success_ci95),
        number(third),
        interval((line.against or {}).get(rival), sign="+"),
        number(line.calibration_error),
        number(line.abstained),
        number(line.choose_ms),
    ]
