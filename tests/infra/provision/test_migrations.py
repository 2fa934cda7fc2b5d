import math
import statistics
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pilotfish.infra.provision.migrations import migrate, shipped
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.schemas.errors import ConfigurationError

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def insert_attempts(database: ClickHouse, rows: Sequence[dict[str, Any]]) -> None:
    """Insert attempts that differ from a plain success in the given columns."""
    plain = {
        "tenant": "t",
        "version": 1,
        "p_success": 1.0,
        "problem_type": "sql",
        "approach": "react",
        "hint_request_id": "",
        "hint_holdout": False,
        "cost": 1.0,
        "last_offset": 1,
    }
    full = [
        {
            **plain,
            "attempt_id": f"{number:05}",
            "started_at": START + timedelta(seconds=number),
            **row,
        }
        for number, row in enumerate(rows)
    ]
    columns = list(full[0])
    values = [[row[name] for name in columns] for row in full]
    database.insert("attempts", columns, values)


def test_each_file_is_applied_once_and_in_order(empty: ClickHouse) -> None:
    names = [name for name, _ in shipped()]
    assert names == sorted(names)
    assert names[0].startswith("0001_")
    assert migrate(empty) == names
    assert migrate(empty) == []
    recorded = empty.query("SELECT name FROM schema_migrations ORDER BY applied_at")
    assert [name for (name,) in recorded] == names


def test_only_new_files_are_applied(empty: ClickHouse) -> None:
    first = ("0001_a.sql", "CREATE TABLE a (x UInt8 COMMENT 'a; b') ENGINE = Memory;")
    second = ("0002_b.sql", "-- it's; new\nINSERT INTO a VALUES (1); SELECT ';';")
    assert migrate(empty, [first]) == ["0001_a.sql"]
    assert migrate(empty, [first, second]) == ["0002_b.sql"]
    assert empty.query("SELECT x FROM a") == [(1,)]


def test_a_changed_file_is_refused(empty: ClickHouse) -> None:
    migrate(empty, [("0001_a.sql", "SELECT 1")])
    with pytest.raises(ConfigurationError, match=r"0001_a\.sql was changed"):
        migrate(empty, [("0001_a.sql", "SELECT 2")])


def test_an_interrupted_file_is_applied_again(database: ClickHouse) -> None:
    database.command("TRUNCATE TABLE schema_migrations")
    assert len(migrate(database)) == len(shipped())


def test_dead_letters_become_one_row_for_each_message(empty: ClickHouse) -> None:
    older = [script for script in shipped() if script[0] < "0020"]
    migrate(empty, older)
    columns = ("topic", "source_offset", "service", "value", "at", "topic_offset")
    rows = [
        ("t", offset, service, b"\xff", START, 10 * offset + number)
        for offset in (1, 2)
        for number, service in enumerate(("archive", "streams"))
    ]
    for row in rows:
        empty.insert("dead_letters", columns, [row])
    [(inserted,)] = empty.query("SELECT max(inserted_at) FROM dead_letters")
    assert empty.query("SELECT count() FROM dead_letters FINAL") == [(4,)]
    for _ in range(2):  # as after a crash before it was recorded
        migrate(empty)
        assert empty.query(
            "SELECT source_offset, hex(value), replayed_at FROM dead_letters FINAL"
            " ORDER BY source_offset"
        ) == [(1, "FF", None), (2, "FF", None)]
        command = "ALTER TABLE schema_migrations DELETE WHERE name LIKE '0020%'"
        empty.command(f"{command} SETTINGS mutations_sync = 1")
    newest = empty.query("SELECT max(topic_offset), max(inserted_at) FROM dead_letters")
    assert newest == [(21, inserted)], "where the archive goes on"


def test_events_of_old_logs_are_kept(database: ClickHouse) -> None:
    long_ago = START - timedelta(days=1000)
    database.insert("events", ("event_id", "at"), [("old", long_ago)])
    database.command("OPTIMIZE TABLE events FINAL")
    assert database.query("SELECT event_id FROM events") == [("old",)]


def test_every_column_of_a_table_has_a_comment(database: ClickHouse) -> None:
    uncommented = database.query(
        "SELECT table, name FROM system.columns WHERE database = currentDatabase()"
        " AND comment = '' AND table IN (SELECT name FROM system.tables"
        " WHERE database = currentDatabase() AND engine != 'View')"
    )
    assert uncommented == []


def test_the_newest_offset_is_an_attempt_s_current_row(database: ClickHouse) -> None:
    for offset, value in ((7, 0.9), (9, 0.1), (8, 0.5)):
        insert_attempts(
            database,
            [{"attempt_id": "a", "last_offset": offset, "p_success": value}],
        )
    rows_read = database.query("SELECT last_offset, p_success FROM attempts_current")
    assert rows_read == [(9, 0.1)]


def test_window_counts_add_up_over_partitions(database: ClickHouse) -> None:
    columns = [
        "tenant",
        "window_s",
        "window_start",
        "problem_type",
        "approach",
        "topic_partition",
        "attempts",
        "successes",
        "failures",
        "abstentions",
        "cost_nano",
        "duration_us",
        "last_offset",
    ]
    key = ["t", 60, START.replace(second=0), "sql", "react"]
    rows = [
        [*key, 0, 5, 3, 1, 1, 2_000_000_000, 1_500_000, 10],
        [*key, 0, 6, 4, 1, 1, 3_000_000_000, 2_500_000, 12],
        [*key, 1, 2, 0, 2, 0, 500_000_000, 1_000_000, 3],
        ["t", 60, START.replace(second=0), "sql", "gone", 0, 0, 0, 0, 0, 0, 0, 9],
    ]
    database.insert("window_counts_by_partition", columns, rows[:1])
    database.insert("window_counts_by_partition", columns, rows[1:])
    database.insert("window_counts_by_partition", columns, rows[:1])
    assert database.query("SELECT * FROM window_counts") == [
        (*key, 8, 4, 3, 1, 3.5, 3.5)
    ]


def test_success_by_approach_leaves_abstentions_out(database: ClickHouse) -> None:
    insert_attempts(
        database,
        [
            {"p_success": 1.0, "cost": 1.0},
            {"p_success": 0.2, "cost": 2.0},
            {"p_success": 0.5, "cost": 3.0},
            {"p_success": None, "cost": 6.0},
            {"version": 0, "p_success": None},
            {"approach": "plan", "p_success": None},
        ],
    )
    rows_read = database.query("SELECT * FROM success_by_approach ORDER BY approach")
    assert rows_read == [
        ("t", "sql", "plan", 0, 0, None, 1.0),
        ("t", "sql", "react", 3, 2, 0.6667, 3.0),
    ]


def wilson(successes: int, n: int) -> tuple[float, float]:
    z, p = 1.96, successes / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return middle - half, middle + half


@pytest.mark.parametrize(
    ("advised", "holdout"),
    [((56, 70), (48, 80)), ((9, 10), (3, 10)), ((10, 10), (0, 20)), ((1, 1), (0, 1))],
)
def test_hint_lift_has_newcombe_s_interval(
    database: ClickHouse, advised: tuple[int, int], holdout: tuple[int, int]
) -> None:
    """Against Newcombe (1998), method 10, of which 56/70 - 48/80 is the example."""
    rows: list[dict[str, Any]] = []
    for (successes, n), columns in (
        (advised, {"hint_request_id": "r"}),
        (holdout, {"hint_request_id": "r", "hint_holdout": True}),
    ):
        rows += [{**columns, "p_success": float(i < successes)} for i in range(n)]
    rows += [{"p_success": None, "hint_holdout": True}, {"p_success": 1.0}]
    insert_attempts(database, rows)
    p1, p0 = advised[0] / advised[1], holdout[0] / holdout[1]
    (low1, high1), (low0, high0) = wilson(*advised), wilson(*holdout)
    lift = p1 - p0
    [row] = database.query("SELECT * FROM hint_lift")
    assert row[:3] == ("t", advised[1], holdout[1])
    assert row[3:] == pytest.approx(
        (
            p1,
            p0,
            lift,
            lift - math.sqrt((p1 - low1) ** 2 + (high0 - p0) ** 2),
            lift + math.sqrt((high1 - p1) ** 2 + (p0 - low0) ** 2),
        ),
        abs=0.00006,
    )


def test_newcombe_s_own_example(database: ClickHouse) -> None:
    rows: list[dict[str, Any]] = [
        {"hint_request_id": "r", "p_success": float(i < 56)} for i in range(70)
    ]
    rows += [{"hint_holdout": True, "p_success": float(i < 48)} for i in range(80)]
    insert_attempts(database, rows)
    rows_read = database.query("SELECT lift, lift_low, lift_high FROM hint_lift")
    assert rows_read == [(0.2, 0.0524, 0.3339)]


def test_no_lift_without_both_sides(database: ClickHouse) -> None:
    insert_attempts(database, [{"hint_request_id": "r"}])
    assert database.query("SELECT * FROM hint_lift") == []


def test_the_learning_curve_has_a_point_for_each_hundred_attempts(
    database: ClickHouse,
) -> None:
    insert_attempts(
        database,
        [
            {
                "hint_request_id": "r",
                "hint_holdout": bool(i % 2),
                "p_success": float(i >= 100 or i % 2),
            }
            for i in range(150)
        ],
    )
    rows_read = database.query("SELECT * FROM learning_curve ORDER BY from_attempt")
    assert rows_read == [("t", 0, 100, 0.0, 1.0), ("t", 100, 50, 1.0, 1.0)]


def test_drift_is_the_z_of_recent_against_earlier(database: ClickHouse) -> None:
    values = [float(i % 10 < 8) for i in range(500)]
    values += [float(i % 10 < 5) for i in range(200)]
    insert_attempts(database, [{"p_success": value} for value in values])
    insert_attempts(database, [{"tenant": "other", "p_success": 1.0}] * 5)
    pooled = statistics.mean(values)
    error = math.sqrt(pooled * (1 - pooled) * (1 / 200 + 1 / 500))
    [row] = database.query("SELECT * FROM drift")
    assert row[:6] == ("t", "react", 200, 500, 0.5, 0.8)
    assert row[6] == pytest.approx((0.5 - 0.8) / error, abs=0.006)


def test_drift_of_an_approach_that_always_works_is_none(database: ClickHouse) -> None:
    insert_attempts(database, [{"p_success": 1.0}] * 300)
    assert database.query("SELECT z FROM drift") == [(None,)]


def test_current_attempts_have_every_column_except_those_for_streams(
    database: ClickHouse,
) -> None:
    names_of = "SELECT name FROM system.columns WHERE table = '{}' AND database = currentDatabase()"
    table, view = (
        {column for (column,) in database.query(names_of.format(name))}
        for name in ("attempts", "attempts_current")
    )
    assert table - view == {"seen_events", "recent_actions"}
