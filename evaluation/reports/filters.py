"""The filters of the trainers side by side: how good advice is where labels are wrong."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from itertools import chain
from typing import Final

import numpy as np

from pilotfish.evaluation.outcomes import outcome_table
from pilotfish.evaluation.protocols import filters
from pilotfish.evaluation.protocols.filters import FilterScore
from pilotfish.evaluation.protocols.full import FOLDS
from pilotfish.evaluation.protocols.labelled_log import labelled_log
from pilotfish.evaluation.reports.log import Log
from pilotfish.evaluation.reports.report import Length, Report, interval, number, ticks
from pilotfish.runtime.console import progress_bar
from pilotfish.runtime.settings import FilterName
from pilotfish.trainers.filters.filter import FILTERS

NOISES: Final = (0.0, 0.2, 0.4)
_COLUMNS = ("noise", "filter", "success", "95 %", "- everything", "kept", "wrong")
_LEGEND = """
success: of advice on held-out problems, by their true labels, from an advisor that
learned what the filter kept. noise: share of the labels flipped that it learned from.
kept: share of the attempts kept; wrong: share of flipped labels among these."""


_LETTERS: Final[Mapping[str, FilterName]] = dict(zip("ABC", FILTERS, strict=True))


def play_filters(
    log: Log, choice: str, noises: Sequence[float], length: Length
) -> Report:
    """Play the filter of this name or letter, or "all", at each share of flipped labels.

    Raises:
        NothingToLearnError: on this log all advice would look alike.
    """
    chosen = _chosen(choice)
    attempts = list(chain.from_iterable(log.attempts))
    table = outcome_table(attempts)
    rows = np.stack([log.embeddings[text] for text in table.problems])
    labelled = labelled_log(attempts, table, rows)
    with progress_bar() as progress:
        folds = length.orders * FOLDS * len(noises) * len(chosen)
        tick = ticks(progress, "folds played", folds)
        played = filters.play(
            labelled,
            {name: FILTERS[name] for name in chosen},
            noises,
            (length.orders, length.seed),
            tick,
        )
    scores = {noise: filters.score(of_noise) for noise, of_noise in played.items()}
    return Report(
        _COLUMNS,
        [
            _row(noise, name, line)
            for noise, of_noise in scores.items()
            for name, line in of_noise.items()
        ],
        _LEGEND,
        {
            f"{noise:g}": {name: asdict(line) for name, line in of_noise.items()}
            for noise, of_noise in scores.items()
        },
    )


def _chosen(choice: str) -> list[FilterName]:
    if choice == "all":
        return list(FILTERS)
    name = _LETTERS.get(choice, choice)
    return [filter_ for filter_ in FILTERS if filter_ == name]


def _row(noise: float, name: str, line: FilterScore) -> list[str]:
    return [
        f"{noise:g}",
        name,
        number(line.success),
        interval(line.success_ci95),
        _difference(line),
        number(line.kept),
        number(line.wrong),
    ]


def _difference(line: FilterScore) -> str:
    if "everything" not in line.difference:
        return ""
    ends = interval(line.difference_ci95["everything"], sign="+")
    return f"{line.difference['everything']:+.3f} ({ends})"
