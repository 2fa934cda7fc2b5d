from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.base import utc_now
from pilotfish.trainers.dataset import Attempt, read, rehearse, split_of
from pilotfish.trainers.hint_weight import hint_weight


@given(st.text())
def test_case_and_white_space_do_not_move_a_problem(problem: str) -> None:
    text = " ".join(problem.casefold().split())
    assert split_of(text) == split_of(f"  {text} \n")


def test_splits_have_their_shares() -> None:
    splits = [split_of(f"problem {number}") for number in range(10_000)]
    assert abs(splits.count("train") - 6500) < 200
    assert abs(splits.count("validation") - 1000) < 120
    assert abs(splits.count("heldout") - 2500) < 180


def attempt(number: int, kind: str, *, new: bool) -> Attempt:
    return Attempt(f"a{number}", f"p{number}", kind, "react", 1.0, new=new)


def test_rehearsal_keeps_new_attempts_and_a_sample_of_every_old_kind() -> None:
    old = [attempt(n, "ab"[n % 2], new=False) for n in range(40)]
    new = [attempt(n, "c", new=True) for n in range(40, 100)]
    chosen = rehearse([*old, *new], most_per_kind=5)
    kinds = [each.problem_type for each in chosen]
    assert [kinds.count(kind) for kind in "abc"] == [5, 5, 60]
    assert chosen == rehearse([*old, *new], most_per_kind=5)


def test_reading_from_clickhouse(settings: Settings) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    clickhouse = ClickHouse(settings)
    columns = [
        "tenant",
        "attempt_id",
        "version",
        "p_success",
        "problem",
        "approach",
        "hint_approach",
        "hint_propensity",
        "topic_partition",
        "first_offset",
        "last_offset",
        "started_at",
    ]
    rows = [
        ["one", 1, 1.0, "p one", "react", "", None, 0, 3, 4],
        ["hinted", 1, 0.0, "p two", "plan", "plan", 0.9, 1, 8, 9],
        ["own way", 1, 0.0, "p three", "react", "plan", 0.9, 1, 9, 9],
        ["unlabelled", 0, None, "p four", "react", "", None, 0, 0, 7],
        ["abstains", 1, None, "p five", "react", "", None, 0, 7, 7],
        ["nameless", 1, 1.0, "p six", "", "", None, 0, 6, 7],
        ["revised", 1, 1.0, "p seven", "react", "", None, 2, 5, 5],
        ["revised", 2, 0.0, "p seven", "react", "", None, 2, 5, 6],
    ]
    values = [
        [settings.tenant, *row, start + timedelta(seconds=number)]
        for number, row in enumerate(rows)
    ]
    values.append(["another tenant", *rows[0], start])
    clickhouse.insert("attempts", columns, values)

    dataset = read(clickhouse, settings.tenant, previous={0: 3, 1: 8})

    assert dataset.watermark == {0: 6, 1: 9, 2: 5}  # the nameless one counts here
    by_id = {each.attempt_id: each for each in dataset.attempts}
    assert list(by_id) == ["one", "hinted", "own way", "revised"]
    assert [each.new for each in by_id.values()] == [False, False, True, True]
    assert by_id["revised"].p_success == 0.0
    assert by_id["hinted"].weight == hint_weight(0.9, 2)
    assert by_id["own way"].weight == by_id["one"].weight == 1.0
    assert {each.conduct for each in by_id.values()} == {1.0}


def test_conduct_is_relative_to_attempts_of_the_same_type(settings: Settings) -> None:
    clickhouse, start = ClickHouse(settings), utc_now() - timedelta(hours=1)

    def end(seconds: object) -> datetime:
        return start + timedelta(seconds=float(str(seconds)))

    columns = [
        "tenant",
        "attempt_id",
        "version",
        "p_success",
        "problem",
        "approach",
        "problem_type",
        "cost",
        "steps",
        "repeats",
        "stuck",
        "started_at",
        "ended_at",
    ]
    rows = [
        ["usual", "sql", 1.0, 4, 1, False, 10],
        ["usual too", "sql", 1.0, 4, 1, False, 10],
        ["long", "sql", 2.0, 8, 1, False, 20],
        ["looping", "sql", 1.0, 4, 4, False, 10],
        ["stuck", "sql", 1.0, 4, 1, True, 10],
        ["long elsewhere", "maths", 9.0, 90, 1, False, 900],
    ]
    clickhouse.insert(
        "attempts",
        columns,
        [
            [settings.tenant, name, 1, 1.0, f"p {name}", "react", *how, start, end(s)]
            for name, *how, s in rows
        ],
    )
    dataset = read(clickhouse, settings.tenant, previous={})
    by_id = {each.attempt_id: each for each in dataset.attempts}
    conducts = {name: round(each.conduct, 6) for name, each in by_id.items()}
    assert conducts == {
        "usual": 1.0,
        "usual too": 1.0,
        "long": 0.5,
        "looping": 0.5,
        "stuck": 0.5,
        "long elsewhere": 1.0,
    }
    assert by_id["stuck"].quality == 0.75


def test_a_tenant_without_attempts_has_an_empty_dataset(settings: Settings) -> None:
    dataset = read(ClickHouse(settings), settings.tenant, previous={})
    assert (dict(dataset.watermark), dataset.attempts) == ({}, ())
