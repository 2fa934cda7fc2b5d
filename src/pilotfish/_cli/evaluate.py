"""`pilotfish evaluate`: what advice would have been worth on a log of attempts."""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.progress import Progress

from pilotfish._cli.output import console, print_rows
from pilotfish.schemas.attempt_log import read_attempts
from pilotfish.schemas.errors import RequirementError, SchemaError
from pilotfish.schemas.settings import Settings

if TYPE_CHECKING:
    from pilotfish.trainers.outcomes import OutcomeTable
    from pilotfish.trainers.protocols.bandit import Passes, World
    from pilotfish.trainers.protocols.scores import Score

_COLUMNS = (
    *("policy", "success", "95 %", "half 2", "against VW"),
    *("calib.", "abst.", "ms"),
)
_LEGEND = """
half 2: success on the second half. against VW: 95 % interval of the paired
difference. calib.: expected calibration error. abst.: share left to the agent,
which then chooses evenly. ms: a choice, beside {encode_ms:.1f} ms of the encoder."""
_TIMED = 50
"""Problems embedded one by one, to say how long one takes."""


def evaluate(
    file: Annotated[
        Path, typer.Argument(help="A .jsonl or .jsonl.gz log of attempts.")
    ],
    *,
    orders: Annotated[
        int,
        typer.Option(min=2, help="Random orders of the problems, each from nothing."),
    ] = 20,
    seed: Annotated[int, typer.Option(help="Of orders, draws and noise.")] = 0,
    label_noise: Annotated[
        float,
        typer.Option(min=0, max=0.5, help="Share of labels flipped in learning only."),
    ] = 0.0,
    shuffle_labels: Annotated[
        bool,
        typer.Option(
            "--shuffle-labels",
            help="Give each problem another's outcomes: texts then tell nothing, and "
            "who still gains by them is measured wrongly.",
        ),
    ] = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Count broken lines instead of stopping.")
    ] = False,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write all numbers here.")
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="Draw the learning curves here, as PNG.")
    ] = None,
) -> None:
    """Score advice policies on a log in which problems were tried with several approaches.

    One pass over the problems in random order; a policy sees only the outcome of the
    approach it chose, as in life. Where it abstains, the agent chooses evenly.
    `pilotfish fast` is the advisor as it serves, before any LoRA training.
    """
    world, encode_ms, skipped = _world(
        file, seed, label_noise, shuffle_labels, skip_bad
    )
    passes = _play(world, orders, seed)
    scores = _scores(world.table, passes)
    if json_file is not None:
        table = world.table
        about = {
            "file": file.name,
            "problems": len(table.problems),
            "approaches": table.approaches,
            "skipped_lines": skipped,
            "orders": orders,
            "seed": seed,
            "label_noise": label_noise,
            "shuffle_labels": shuffle_labels,
            "encode_ms": encode_ms,
        }
        lines = {name: asdict(one) for name, one in scores.items()}
        json_file.write_text(json.dumps({**about, "policies": lines}, indent=1) + "\n")
    if plot is not None:
        from pilotfish._cli.learning_curves import draw

        draw({name: one.success for name, one in passes.items()}, plot)
    if skipped:
        console.print(f"{skipped} lines skipped")
    print_rows(_COLUMNS, [_row(*line) for line in scores.items()], as_json=False)
    console.print(_LEGEND.format(encode_ms=encode_ms))


def _world(
    file: Path, seed: int, noise: float, shuffle: bool, skip_bad: bool
) -> "tuple[World, float, int]":
    """Return what is played, milliseconds to embed a problem, and lines skipped."""
    from pilotfish.trainers.outcomes import outcome_table
    from pilotfish.trainers.protocols import bandit

    skipped: list[SchemaError] = []
    hears: Callable[[SchemaError], object] | None = skipped.append if skip_bad else None
    table = outcome_table(read_attempts(file, hears))
    embeddings, encode_ms = _embed(table.problems)
    if shuffle:
        table = bandit.shuffled(table, seed)
    taught = bandit.taught_outcomes(table, noise, seed)
    return bandit.World(table, embeddings, taught), encode_ms, len(skipped)


def _embed(problems: tuple[str, ...]) -> tuple[Any, float]:
    """Embed as the advisor does that serves before the first training."""
    import statistics
    import time

    from pilotfish.consumers.serving import Encoders
    from pilotfish.schemas.advice import MAX_ADVICE_PROBLEM
    from pilotfish.trainers.base import ensure_base

    cache = Encoders().of(ensure_base(Settings(), report=console.print))
    texts = [problem[:MAX_ADVICE_PROBLEM] for problem in problems]
    spent = []
    for text in texts[:_TIMED]:
        begun = time.perf_counter()
        cache.embed([text])
        spent.append(1000 * (time.perf_counter() - begun))
    with console.status("embedding the problems"):
        return cache.embed(texts), statistics.median(spent)


def _play(world: "World", orders: int, seed: int) -> "dict[str, Passes]":
    try:
        from pilotfish.trainers.policies.makers import makers
    except ImportError as error:
        raise RequirementError(
            f"{error.name} is not installed: pip install 'pilotfish[evaluate]'"
        ) from error
    from pilotfish.trainers.protocols.bandit import play

    policies = makers(world.embeddings.shape[1])
    with Progress(console=console, transient=True) as progress:
        bar = progress.add_task("orders played", total=orders * len(policies))
        return play(world, policies, orders, seed, lambda: progress.advance(bar))


def _scores(
    table: "OutcomeTable", passes: "Mapping[str, Passes]"
) -> "dict[str, Score]":
    import numpy as np

    from pilotfish.trainers.policies.makers import VOWPAL_WABBIT
    from pilotfish.trainers.protocols.scores import hindsight, score

    known = hindsight(table)
    single = known["best single"].success
    orders = passes[VOWPAL_WABBIT].success.shape[0]
    rivals = {
        "best single": np.full(orders, single),
        "VW": passes[VOWPAL_WABBIT].success.mean(1),
    }
    played = {name: score(one, rivals) for name, one in passes.items()}
    return {**played, **known}


def _row(name: str, one: "Score") -> list[str]:
    against = one.against or {}
    return [
        name,
        f"{one.success:.3f}",
        _range(one.success_ci95),
        _number(one.second_half),
        _range(against.get("VW"), sign="+"),
        _number(one.calibration_error),
        _number(one.abstained),
        _number(one.choose_ms),
    ]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}"


def _range(interval: tuple[float, float] | None, sign: str = "") -> str:
    if interval is None:
        return ""
    return " ".join(f"{end:{sign}.3f}" for end in interval)
