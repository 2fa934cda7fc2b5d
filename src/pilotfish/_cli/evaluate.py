"""`pilotfish evaluate`: what advice would have been worth on logs of attempts."""

import json
import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from pilotfish._cli.output import print_rows
from pilotfish.runtime.console import console
from pilotfish.schemas.errors import ConfigurationError, RequirementError

if TYPE_CHECKING:
    from pilotfish.evaluation.reports.log import Log, Perturbation
    from pilotfish.evaluation.reports.report import Length, Report


_FILTER_ALONE: Final = (
    "--filter goes with --orders, --seed and --label-noise alone: it has a protocol of "
    "its own"
)


class FilterChoice(StrEnum):
    """What is worth learning, by name or by letter, or all of it side by side."""

    ALL = "all"
    EVERYTHING = "everything"
    RATED = "rated"
    JUDGED = "judged"
    A = "A"
    B = "B"
    C = "C"


class Protocol(StrEnum):
    """What policies learn from, and what they are measured on."""

    BANDIT = "bandit"
    FULL = "full"
    DOMAINS = "domains"
    OFFPOLICY = "offpolicy"


def evaluate(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Logs of attempts: JSON lines or any other JSON, gzipped or not, or "
            "Parquet; several come one after the other."
        ),
    ],
    *,
    protocol: Annotated[
        Protocol,
        typer.Option(
            help="bandit: one pass, only the outcome of what was chosen is seen, as in "
            "life. full: five folds, all outcomes of four are learned, the fifth is "
            "advised. domains: one file, or half of the problem types, then the other, "
            "then the first again. offpolicy: what others would have got, estimated "
            "from a log with a `propensity` in each line, or one that pilotfish writes."
        ),
    ] = Protocol.BANDIT,
    filter_: Annotated[
        FilterChoice | None,
        typer.Option(
            "--filter",
            case_sensitive=False,
            help="Compare instead what is worth learning: everything (A), what the "
            "memory rates well (B: rated), or what the small model itself judges to be "
            "labelled rightly (C: judged), in five folds as `full`.",
        ),
    ] = None,
    orders: Annotated[
        int | None,
        typer.Option(
            min=2,
            help="Random orders, or divisions into folds; 20, with --filter 2.",
        ),
    ] = None,
    trained_orders: Annotated[
        int,
        typer.Option(
            min=0,
            help="Orders that are also played with LoRA trainings: `pilotfish slow` "
            "learns at trainings only, `pilotfish (both)` is the service with its gate. "
            "A training takes a minute or two; bandit and full only.",
        ),
    ] = 0,
    seed: Annotated[int, typer.Option(help="Of orders, draws and noise.")] = 0,
    label_noise: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=0.5,
            help="Share of labels flipped in learning only; none, with --filter each of "
            "0, 0.2 and 0.4.",
        ),
    ] = None,
    cost_weight: Annotated[
        float,
        typer.Option(
            min=0,
            help="Success that a unit of the lines' `cost` is worth: what policies aim "
            "at and are scored by is success less this times cost. Not for offpolicy. "
            "Services have PILOTFISH_COST_WEIGHT.",
        ),
    ] = 0.0,
    shuffle_labels: Annotated[
        bool,
        typer.Option(
            "--shuffle-labels",
            help="Give each problem another's outcomes: texts then say nothing, and "
            "a policy that still gains by them is measured wrongly.",
        ),
    ] = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Skip what is no attempt, and say why.")
    ] = False,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Write all numbers here.")
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option(help="Draw learning curves here, as PNG; bandit only."),
    ] = None,
) -> None:
    """Score advice policies on logs in which problems were tried with several approaches.

    Where a policy abstains, the agent chooses evenly. `pilotfish fast` is the advisor as
    it serves before any training.
    """
    # As in the advisor's own process; before numpy is loaded.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    try:
        from pilotfish.evaluation.policies import registry as _  # noqa: F401
        from pilotfish.evaluation.reports.log import Perturbation, read_log
        from pilotfish.evaluation.reports.report import Length
    except ImportError as error:
        raise RequirementError(
            f"{error.name} is not installed: pip install 'pilotfish[evaluate,train]'"
        ) from error
    log = read_log(files, skip_bad=skip_bad, say=console.print)
    perturbation = Perturbation(seed, label_noise or 0.0, shuffle_labels, cost_weight)
    length = Length(orders or (2 if filter_ else 20), trained_orders, seed)
    if filter_ is None:
        report = _play(protocol, log, perturbation, length)
    elif protocol in (Protocol.BANDIT, Protocol.FULL):
        report = _play_filters(filter_, log, perturbation, label_noise, length)
    else:
        raise ConfigurationError(_FILTER_ALONE)
    if json_file is not None:
        options = {
            "protocol": "filters" if filter_ else protocol.value,
            "files": [file.name for file in files],
            "skipped_lines": log.skipped_lines,
            "orders": length.orders,
            "trained_orders": trained_orders,
            "seed": seed,
            "label_noise": label_noise if filter_ else perturbation.noise,
            "shuffle_labels": shuffle_labels,
            "cost_weight": cost_weight,
            "encode_ms": log.encode_ms,
        }
        _write(json_file, {**options, **log.about(), **report.more}, report)
    if plot is not None and report.curves:
        from pilotfish._cli.learning_curves import draw

        draw(report.curves, plot)
    print_rows(report.columns, report.rows, as_json=False)
    console.print(report.legend.format(encode_ms=log.encode_ms))


def _play_filters(
    choice: "FilterChoice",
    log: "Log",
    perturbation: "Perturbation",
    noise: float | None,
    length: "Length",
) -> "Report":
    from pilotfish.evaluation.reports import filters

    if perturbation.shuffle or perturbation.cost_weight or length.trained:
        raise ConfigurationError(_FILTER_ALONE)
    noises = filters.NOISES if noise is None else (noise,)
    return filters.play_filters(log, choice, noises, length)


def _play(
    protocol: Protocol, log: "Log", perturbation: "Perturbation", length: "Length"
) -> "Report":
    from pilotfish.evaluation.reports import domains, offpolicy, policies

    if protocol is Protocol.OFFPOLICY:
        if perturbation.cost_weight:
            raise ConfigurationError(
                "--cost-weight is for the protocols bandit, full and domains"
            )
        return offpolicy.play_offpolicy(log, perturbation, length)
    if protocol is Protocol.DOMAINS:
        return domains.play_domains(log.worlds(perturbation), length)
    if protocol is Protocol.FULL:
        return policies.play_full(log.world(perturbation), length)
    return policies.play_bandit(log.world(perturbation), length)


def _write(file: Path, about: dict[str, object], report: "Report") -> None:
    file.write_text(json.dumps({**about, "policies": report.policies}, indent=1) + "\n")
