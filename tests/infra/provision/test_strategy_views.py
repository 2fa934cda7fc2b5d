"""Views of strategies: what they count, and their intervals against formulas in Python."""

import math
import re
from pathlib import Path
from typing import Any

import pytest

from pilotfish.consumers.memory.groups.playbook import interval
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.schemas.base import utc_now

LOOK, WRITE, GUESS, OLD = "look", "write", "guess", "old"


@pytest.fixture
def tables(database: ClickHouse) -> ClickHouse:
    """A database in which `old` was merged into `guess`, and `guess` into `look`."""
    rows = [
        ("t", LOOK, "look first", "offered", "", 1),
        ("t", WRITE, "write at once", "retired", "", 1),
        ("t", GUESS, "guess", "merged", LOOK, 1),
        ("t", OLD, "old", "merged", GUESS, 1),
        ("other", LOOK, "theirs", "offered", "", 1),
    ]
    columns = ("tenant", "strategy", "name", "standing", "merged_into", "version")
    database.insert("strategies", columns, rows)
    return database


def insert(database: ClickHouse, count: int, wins: int, **columns: Any) -> None:
    """Insert attempts with these columns, of which the first ones succeeded."""
    [(there,)] = database.query("SELECT count() FROM attempts")
    rows = [
        {
            "tenant": "t",
            "attempt_id": str(there + number),
            "p_success": float(number < wins),
            "last_offset": 1,
            **columns,
        }
        for number in range(count)
    ]
    database.insert("attempts", list(rows[0]), [list(row.values()) for row in rows])


def advised(database: ClickHouse, count: int, wins: int, **columns: Any) -> None:
    given = {"hint_request_id": "r", "hint_approach": LOOK, "hint_propensity": 0.5}
    insert(database, count, wins, **(given | columns))


def requested(database: ClickHouse, request: str, **propensities: float) -> None:
    candidates = [(name, 0.5, share) for name, share in propensities.items()]
    columns = ("tenant", "request_id", "at", "candidates")
    database.insert("hints", columns, [("t", request, utc_now(), candidates)])


def test_a_merged_strategy_s_place_is_taken_however_long_ago(
    tables: ClickHouse,
) -> None:
    found = tables.query(
        "SELECT strategy, current, name, standing FROM strategies_current"
        " WHERE tenant = 't' ORDER BY strategy"
    )
    assert found == [
        (GUESS, LOOK, "look first", "offered"),
        (LOOK, LOOK, "look first", "offered"),
        (OLD, LOOK, "look first", "offered"),
        (WRITE, WRITE, "write at once", "retired"),
    ]


def test_two_that_were_merged_into_each_other_end_the_view_all_the_same(
    database: ClickHouse,
) -> None:
    columns = ("tenant", "strategy", "standing", "merged_into")
    rows = [("t", "a", "merged", "b"), ("t", "b", "merged", "a")]
    database.insert("strategies", columns, rows)
    assert database.query("SELECT * FROM strategies_current") == []


def test_success_counts_what_was_found_in_the_moves(tables: ClickHouse) -> None:
    insert(tables, 10, 3, strategy=LOOK)
    insert(tables, 4, 4, strategy=OLD)
    insert(tables, 5, 5, approach=LOOK)
    insert(tables, 1, 0, strategy=LOOK, p_success=None)
    insert(tables, 2, 2, strategy=LOOK, tenant="other")
    rows = tables.query("SELECT * FROM success_by_strategy ORDER BY tenant, strategy")
    low, high = interval(7, 14)
    assert rows[1][:6] == ("t", LOOK, "look first", "offered", 14, 7)
    assert rows[1][6:] == pytest.approx((0.5, low, high), abs=0.00006)
    assert rows[2] == ("t", WRITE, "write at once", "retired", 0, 0, None, None, None)
    assert rows[0][:6] == ("other", LOOK, "theirs", "offered", 2, 2)


def test_adherence_is_by_the_moves_and_not_by_the_advice(tables: ClickHouse) -> None:
    advised(tables, 5, 4, strategy=LOOK)
    advised(tables, 2, 1, strategy=GUESS, hint_approach=OLD)
    advised(tables, 3, 1, strategy=WRITE)
    advised(tables, 2, 2)
    advised(tables, 9, 9, hint_approach="named by people")
    insert(tables, 9, 9, strategy=LOOK)
    columns = "strategy, advised, followed, not_followed, unknown, advised_success"
    shares = "followed_success, not_followed_success, unknown_success, lift"
    [row] = tables.query(f"SELECT {columns}, {shares} FROM strategy_adherence")
    assert row == (LOOK, 12, 7, 3, 2, 0.6667, 0.7143, 0.3333, 1.0, None)


def test_a_holdout_that_never_differs_has_the_interval_of_hint_lift(
    tables: ClickHouse,
) -> None:
    """One candidate with propensity 1 on either side: the example of Newcombe (1998)."""
    requested(tables, "r", look=1.0)
    advised(tables, 70, 56, strategy=LOOK)
    insert(tables, 80, 48, hint_request_id="r", hint_holdout=True)
    lift = "lift, lift_low, lift_high"
    followers = "followers_lift, followers_lift_low, followers_lift_high"
    [row] = tables.query(f"SELECT {lift}, {followers} FROM strategy_adherence")
    assert row == (0.2, 0.0524, 0.3339) * 2
    assert tables.query(f"SELECT {lift} FROM hint_lift") == [row[:3]]


def test_the_holdout_counts_by_the_propensity_of_the_strategy(
    tables: ClickHouse,
) -> None:
    """Easy problems would mostly have got `look`: they are what it is compared on."""
    requested(tables, "easy", look=0.9, write=0.1)
    requested(tables, "hard", look=0.1, write=0.9)
    advised(tables, 90, 81, hint_request_id="easy")
    advised(tables, 10, 1, hint_request_id="hard")
    for request, wins in (("easy", 90), ("hard", 10)):
        insert(tables, 100, wins, hint_request_id=request, hint_holdout=True)
    columns = "advised_success, holdout, holdout_success, lift, lift_low, lift_high"
    [row] = tables.query(
        f"SELECT {columns} FROM strategy_adherence WHERE strategy = 'look'"
    )
    # 0.9 * 90 + 0.1 * 10 of a weight of 100; Kish's number is 100^2 / (81 + 1).
    number = 100**2 / 82
    low1, high1 = interval(82, 100)
    low0, high0 = interval(0.82 * number, number)
    below = math.hypot(0.82 - low1, high0 - 0.82)
    above = math.hypot(high1 - 0.82, 0.82 - low0)
    assert row == pytest.approx((0.82, 100, 0.82, 0, -below, above), abs=0.00006)


def test_an_abstention_counts_as_meant_for_the_strategy_by_its_propensity(
    tables: ClickHouse,
) -> None:
    requested(tables, "unsure", look=0.5, write=0.5)
    advised(tables, 10, 10)
    insert(tables, 20, 0, hint_request_id="unsure")
    insert(tables, 20, 10, hint_request_id="unsure", hint_holdout=True)
    [row] = tables.query(
        "SELECT advised, advised_success, holdout, holdout_success, lift"
        " FROM strategy_adherence WHERE strategy = 'look'"
    )
    assert row == (10, 1.0, 10, 0.5, 0.0)


def hinted(
    database: ClickHouse,
    attempt: str,
    request: str,
    *,
    held_out: bool,
    share: float = 1.0,
) -> None:
    """A request of an attempt, which was, or would have been, advised `look`."""
    row = {
        "tenant": "t",
        "attempt_id": attempt,
        "request_id": request,
        "at": utc_now(),
        "candidates": [("look", 0.7, share), ("guess", 0.2, 0.0)],
        "holdout": held_out,
    }
    database.insert("hints", list(row), [list(row.values())])


def test_the_question_of_the_page_compares_advice_in_the_middle_with_its_holdout(
    database: ClickHouse,
) -> None:
    insert(database, 4, 3, moves=["show", "look"])
    insert(database, 4, 1, moves=["show", "guess"])
    insert(database, 1, 0, moves=["show"], p_success=None)
    for attempt in range(9):
        held_out = attempt in (3, 6, 7)
        hinted(database, str(attempt), f"{attempt}-1:next", held_out=held_out)
        hinted(database, str(attempt), f"{attempt}-2:next", held_out=held_out)
        hinted(database, str(attempt), f"{attempt}-3", held_out=not held_out)
    hinted(database, "0", "0-0:next", held_out=True, share=0.0)
    page = (Path(__file__).parents[3] / "docs/strategies.md").read_text()
    [question] = re.findall(r"```sql\n(.*?)```", page, re.DOTALL)
    assert database.query(question) == [("look", 5, 3, 0.8, 3, 0.0)]
