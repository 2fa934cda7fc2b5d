"""The commands about strategies, with their topic and tables."""

import json
from typing import Any

import numpy as np
import pytest
from support.advice.labels import label
from typer.testing import CliRunner, Result

from pilotfish._cli.app import app
from pilotfish._cli.strategy_changes import publish
from pilotfish.consumers.memory.rows import COLUMNS, row
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.errors import ConfigurationError
from pilotfish.schemas.ids import new_id
from pilotfish.schemas.strategies import StrategyChanged

LOOK, WRITE = "schema-query-1f09ab", "query-aa01bc"


@pytest.fixture
def found(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Two strategies without attempts, as the memory publishes them."""
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "200")
    for strategy, moves in ((LOOK, ("schema", "query")), (WRITE, ("query",))):
        new = StrategyChanged(
            tenant=settings.tenant,
            strategy_id=strategy,
            name=", ".join(moves),
            instruction=f"First use {', then use '.join(moves)}.",
            moves=moves,
        )
        publish(settings, new, 20)
    return settings


@pytest.fixture
def measured(found: Settings) -> Settings:
    """Attempts of either strategy on two groups; `LOOK` was advised."""
    insert_attempts(found, 12, 9, strategy=LOOK)
    insert_attempts(found, 8, 2, strategy=WRITE)
    asked = {"hint_request_id": "r"}
    insert_attempts(found, 6, 6, strategy=LOOK, hint_approach=LOOK, **asked)
    insert_attempts(found, 2, 0, strategy=WRITE, hint_approach=LOOK, **asked)
    insert_attempts(found, 10, 5, hint_holdout=True, **asked)
    hint = (found.tenant, "r", utc_now(), [(LOOK, 0.8, 1.0)])
    columns = ("tenant", "request_id", "at", "candidates")
    ClickHouse(found).insert("hints", columns, [hint])
    remember(found)
    return found


def insert_attempts(settings: Settings, count: int, wins: int, **columns: Any) -> None:
    rows = [
        {
            "tenant": settings.tenant,
            "attempt_id": new_id(),
            "p_success": float(number < wins),
            "last_event_at": utc_now(),
            "last_offset": 1,
            **columns,
        }
        for number in range(count)
    ]
    names, values = list(rows[0]), [list(row.values()) for row in rows]
    ClickHouse(settings).insert("attempts", names, values)


def remember(settings: Settings) -> None:
    """Let the memory have three attempts on sums, two of them by `LOOK`, one on maps."""
    clickhouse, tenant = ClickHouse(settings), settings.tenant
    tried = [("sums", LOOK, 1.0), ("sums", LOOK, 0.0), ("sums", WRITE, 0.0)]
    labels = [
        (group, label(tenant, group, approach=None, strategy=strategy, p_success=p))
        for group, strategy, p in [*tried, ("maps", LOOK, 1.0)]
    ]
    embedding = np.full(384, 0.05, np.float32)
    rows = [row(each, "e", embedding, group) for group, each in labels]
    clickhouse.insert("memory", COLUMNS, rows)
    groups = [(tenant, name, name, 1) for name in ("sums", "maps")]
    clickhouse.insert("groups", ["tenant", "group_id", "name", "version"], groups)
    clusters = [
        (tenant, name, "e", embedding.tolist(), name, 1) for name in ("sums", "maps")
    ]
    columns = ["tenant", "cluster", "embedder", "embedding", "group_id", "version"]
    clickhouse.insert("clusters", columns, clusters)


def strategies(*words: str) -> Result:
    return CliRunner().invoke(app, ["strategies", *words])


def printed(*words: str) -> str:
    done = strategies(*words)
    assert done.exit_code == 0, done.exception or done.output
    return done.output


def test_list_has_success_with_its_interval_and_the_advice(measured: Settings) -> None:
    first, second = json.loads(printed("list", "--json"))
    assert (first["strategy"], first["attempts"], first["success_rate"]) == (
        *(LOOK, 18),
        0.8333,
    )
    assert first["success_low"] < 0.83 < first["success_high"]
    assert (first["advised"], first["followed"], second["advised"]) == (8, 6, 0)
    table = printed("list")
    assert "0.83 (0.61 to 0.94)" in table and "offered" in table
    assert printed("list", "--tenant", "nobody").startswith("No strategy was found yet")


def test_explain_shows_groups_advice_and_what_they_prove(measured: Settings) -> None:
    shown = printed("explain", LOOK)
    assert f"schema, query ({LOOK}): offered" in shown
    assert "moves: schema, query" in shown
    [sums] = [line for line in shown.splitlines() if line.startswith("sums")]
    assert sums.split()[:3] == ["sums", "2", "0.50"] and " 1 " in sums
    assert "0.25 (-0.18 to 0.57)" in shown and "0.50 (0.03 to 0.76)" in shown
    assert "only nominates it" in shown
    evidence = json.loads(printed("explain", LOOK, "--json"))
    assert [group["name"] for group in evidence["groups"]] == ["sums", "maps"]
    assert evidence["groups"][1]["success_of_others"] == [None, None, None]
    advice = evidence["advice"]
    assert (advice["followed"], advice["not_followed"], advice["unknown"]) == (6, 2, 0)


def test_explain_compares_problems_that_look_equally_hard(measured: Settings) -> None:
    """`LOOK` is tried where it looks hard, and helps; the plain difference hides that."""
    rng = np.random.default_rng(0)
    hard = rng.normal(size=160)
    looked = rng.random(160) < 1 / (1 + np.exp(-2 * hard))
    won = rng.random(160) < 1 / (1 + np.exp(2 * hard - 2.5 * looked))
    rows = []
    for number in range(160):
        attempt = label(
            measured.tenant,
            f"sums {number}",
            approach=None,
            strategy=LOOK if looked[number] else WRITE,
            p_success=float(won[number]),
        )
        vector = rng.normal(size=384) * 0.02
        vector[0] = hard[number]
        rows.append(row(attempt, "e", vector.astype(np.float32), "sums"))
    ClickHouse(measured).insert("memory", COLUMNS, rows)
    evidence = json.loads(printed("explain", LOOK, "--json"))
    sums, maps = evidence["groups"]
    plain = sums["success"][0] - sums["success_of_others"][0]
    difference, low, high = sums["adjusted"]
    assert plain + 0.1 < difference < high and 0 < low < difference
    assert maps["adjusted"] == [None, None, None]
    assert f"{difference:.2f} ({low:.2f} to {high:.2f})" in printed("explain", LOOK)


def test_without_attempts_there_is_something_to_read(found: Settings) -> None:
    assert "It was not advised yet." in printed("explain", WRITE)
    assert json.loads(printed("list", "--json"))[0]["success_rate"] is None


@pytest.mark.parametrize("command", ["explain", "retire", "offer"])
def test_an_unknown_strategy_is_an_error_that_says_where_ids_are(
    found: Settings, command: str
) -> None:
    error = strategies(command, "nothing").exception
    assert isinstance(error, ConfigurationError)
    assert "`pilotfish strategies list` shows their ids" in str(error)
