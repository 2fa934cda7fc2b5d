"""Logs become tables of outcomes, or a clear word on why they cannot."""

from pathlib import Path

import numpy as np
import pytest

from pilotfish.evaluation.outcomes import LEAST_PROBLEMS, outcome_table
from pilotfish.schemas.attempt_log.attempt import LoggedAttempt
from pilotfish.schemas.attempt_log.reader import read_attempts
from pilotfish.schemas.errors import NothingToLearnError

DATA = Path(__file__).parents[3] / "shared" / "data"


def attempts(problems: int, approaches: str = "ab") -> list[LoggedAttempt]:
    return [
        LoggedAttempt(problem=f"p{n}", approach=approach, success=approach == "a")
        for n in range(problems)
        for approach in approaches
    ]


def test_real_logs_have_the_rates_that_were_published() -> None:
    table = outcome_table(read_attempts(DATA / "intercode_sql.jsonl.gz"))
    rates = dict(zip(table.approaches, np.nanmean(table.outcomes, 0), strict=True))
    assert len(table.problems) == len(set(table.problems)) == 1034
    assert rates == pytest.approx(
        {"single_turn": 0.105, "try_again": 0.473, "plan_and_solve": 0.491}
        | {"react": 0.587},
        abs=0.001,
    )


def test_repeated_attempts_are_averaged_and_missing_ones_unknown() -> None:
    log = attempts(LEAST_PROBLEMS)
    more = LoggedAttempt(problem="p0", approach="a", success=False)
    table = outcome_table([*log[1:], more, more.model_copy(update={"success": True})])
    assert table.outcomes[table.problems.index("p0")].tolist() == [0.0, 0.5]
    table = outcome_table(log[1:])
    assert np.isnan(table.outcomes).sum() == 1


def test_half_right_everywhere_is_neither_all_right_nor_all_wrong() -> None:
    log = attempts(LEAST_PROBLEMS)
    half = [a.model_copy(update={"success": x}) for a in log for x in (0.0, 1.0)]
    assert (outcome_table(half).outcomes == 0.5).all()
    graded = [a.model_copy(update={"success": 0.7}) for a in log]
    assert (outcome_table(graded).outcomes == 0.7).all()


def test_without_an_outcome_there_is_no_evidence() -> None:
    log = attempts(LEAST_PROBLEMS)
    open_ = [a.model_copy(update={"success": None}) for a in log]
    assert (outcome_table([*log, *open_]).outcomes == outcome_table(log).outcomes).all()
    with pytest.raises(NothingToLearnError, match="0 different problems"):
        outcome_table(open_)


def test_an_unknown_cost_is_not_zero() -> None:
    log = attempts(LEAST_PROBLEMS)
    priced = [a.model_copy(update={"cost": 0.5}) for a in log]
    costs = outcome_table([*priced, *log]).costs
    assert costs is not None and (costs == 0.5).all()
    costs = outcome_table(log).costs
    assert costs is not None and (costs == 0.0).all()


@pytest.mark.parametrize(
    ("log", "says"),
    [
        ([], "0 different problems, 50 needed"),
        (attempts(LEAST_PROBLEMS - 1), "49 different problems"),
        (attempts(LEAST_PROBLEMS, "a"), "every attempt used the approach 'a'"),
        (attempts(LEAST_PROBLEMS, "bc"), "every attempt failed"),
        (
            [a.model_copy(update={"success": 1.0}) for a in attempts(LEAST_PROBLEMS)],
            "every attempt succeeded",
        ),
        (
            [attempt for n, attempt in enumerate(attempts(120)) if n % 4 in (0, 3)],
            "no problem was tried with two approaches",
        ),
    ],
)
def test_what_cannot_be_scored_is_said(log: list[LoggedAttempt], says: str) -> None:
    with pytest.raises(NothingToLearnError, match=says):
        outcome_table(log)
