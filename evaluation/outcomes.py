"""Logs in which problems were tried with several approaches, as a table of outcomes.

With the outcome of every approach on record, any policy can be scored exactly, without
an estimate: what it would have got is looked up.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from pilotfish.schemas.attempt_log.attempt import LoggedAttempt
from pilotfish.schemas.errors import NothingToLearnError

LEAST_PROBLEMS: Final = 50
"""Below this luck decides which policy looks best."""


@dataclass(frozen=True)
class OutcomeTable:
    """Row i is about problems[i], column j about approaches[j].

    `outcomes` (problems, approaches) are success rates in [0, 1], NaN where an approach
    was never tried; of several attempts of one kind the mean. `costs` are of the same
    shape.
    """

    problems: tuple[str, ...]
    kinds: tuple[str, ...]
    approaches: tuple[str, ...]
    outcomes: NDArray[np.float64]
    costs: NDArray[np.float64] | None = None

    @cached_property
    def dearest(self) -> float:
        """The highest of the costs; 0 where there are none."""
        return 0.0 if self.costs is None else float(np.nanmax(self.costs))

    def priced(self, weight: float) -> "OutcomeTable":
        """Return the table with outcomes less `weight` times costs."""
        if self.costs is None or not weight:
            return self
        return replace(self, outcomes=self.outcomes - weight * self.costs)


def outcome_table(attempts: Iterable[LoggedAttempt]) -> OutcomeTable:
    """Return the table of a log; problems with the same text are one problem.

    Attempts without an outcome are passed over.

    Raises:
        NothingToLearnError: on this log all policies would look alike.
    """
    tried: dict[str, dict[str, list[LoggedAttempt]]] = {}
    kinds: dict[str, str] = {}
    approaches: dict[str, None] = {}
    for attempt in attempts:
        if attempt.success is None:
            continue
        of_problem = tried.setdefault(attempt.problem, {})
        of_problem.setdefault(attempt.approach, []).append(attempt)
        kinds.setdefault(attempt.problem, attempt.problem_type)
        approaches.setdefault(attempt.approach)
    outcomes, costs = np.full((2, len(tried), len(approaches)), np.nan)
    place = {approach: column for column, approach in enumerate(approaches)}
    for row, of_problem in enumerate(tried.values()):
        for approach, tries in of_problem.items():
            at = row, place[approach]
            outcomes[at] = np.mean([attempt.outcome for attempt in tries])
            known = [a.total_cost for a in tries if a.total_cost is not None]
            costs[at] = np.mean(known) if known else 0.0
    table = OutcomeTable(
        tuple(tried), tuple(kinds.values()), tuple(approaches), outcomes, costs
    )
    _check(table)
    return table


def _check(table: OutcomeTable) -> None:
    if len(table.problems) < LEAST_PROBLEMS:
        raise NothingToLearnError(
            f"{len(table.problems)} different problems, {LEAST_PROBLEMS} needed: "
            "with fewer, luck decides which policy looks best"
        )
    if len(table.approaches) == 1:
        raise NothingToLearnError(
            f"every attempt used the approach {table.approaches[0]!r}: "
            "with nothing to choose between, no advice can be scored"
        )
    tried = ~np.isnan(table.outcomes)
    outcomes = table.outcomes[tried]
    for value, word in ((0.0, "failed"), (1.0, "succeeded")):
        if (outcomes == value).all():
            raise NothingToLearnError(
                f"every attempt {word}: all approaches are equally good here"
            )
    if (tried.sum(1) < 2).all():
        raise NothingToLearnError(
            "no problem was tried with two approaches: what another choice would have "
            "got is not on record"
        )
