"""Filters for learning side by side: what is left of advice where labels are wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Final

import numpy as np
from rich.progress import Progress

from pilotfish.evaluation.outcomes import outcome_table
from pilotfish.evaluation.protocols import filters
from pilotfish.evaluation.protocols.filters import FilterScore
from pilotfish.evaluation.protocols.full import FOLDS
from pilotfish.evaluation.protocols.training_split import lessons
from pilotfish.evaluation.reports.log import Log
from pilotfish.evaluation.reports.report import Length, Report, interval, number, ticks
from pilotfish.runtime.console import console
from pilotfish.runtime.settings import FilterName
from pilotfish.trainers.filters.filter import FILTERS

NOISES: Final = (0.0, 0.2, 0.4)
_COLUMNS = ("noise", "filter", "success", "95 %", "- everything", "kept", "wrong")
_LEGEND = """
success: of advice on held-out problems, by their true labels, from a fast head that
learned what the filter kept. noise: share of the labels flipped that it learned from.
kept: share of the attempts kept; wrong: share of flipped labels among these."""


_LETTERS: Final[Mapping[str, FilterName]] = dict(zip("ABC", FILTERS, strict=True))


def play_filters(
    log: Log, choice: str, noises: Sequence[float], length: Length
) -> Report:
    """Play the filter of this name or letter, or "all", at each share of flipped labels.

    Raises:
        NothingToLearnError: no advice could be told from another on this log.
    """
    chosen = _chosen(choice)
    everyone = [one for file in log.attempts for one in file]
    table = outcome_table(everyone)
    rows = np.stack([log.embeddings[text] for text in table.problems])
    given = lessons(everyone, table, rows)
    with Progress(console=console, transient=True) as progress:
        folds = length.orders * FOLDS * len(noises) * len(chosen)
        tick = ticks(progress, "folds report", folds)
        report = filters.play(
            given,
            {name: FILTERS[name] for name in chosen},
            noises,
            (length.orders, length.seed),
            tick,
        )
    scores = {noise: filters.score(of_noise) for noise, of_noise in report.items()}
    return Report(
        _COLUMNS,
        [
            _row(noise, name, one)
            for noise, of_noise in scores.items()
            for name, one in of_noise.items()
        ],
        _LEGEND,
        {
            f"{noise:g}": {name: asdict(one) for name, one in of_noise.items()}
            for noise, of_noise in scores.items()
        },
    )


def _chosen(choice: str) -> list[FilterName]:
    if choice == "all":
        return list(FILTERS)
    name = _LETTERS.get(choice, choice)
    return [one for one in FILTERS if one == name]


def _row(noise: float, name: str, one: FilterScore) -> list[str]:
    return [
        f"{noise:g}",
        name,
        number(one.success),
        interval(one.success_ci95),
        _difference(one),
        number(one.kept),
        number(one.wrong),
    ]


def _difference(one: FilterScore) -> str:
    if "everything" not in one.difference:
        return ""
    ends = interval(one.difference_ci95["everything"], sign="+")
    return f"{one.difference['everything']:+.3f} ({ends})"
