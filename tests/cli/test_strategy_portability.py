"""From one tenant's tables to files, and to another tenant."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from support.advice.labels import label
from typer.testing import CliRunner

from pilotfish._cli import strategy_file
from pilotfish._cli.app import app
from pilotfish._cli.strategy_changes import publish
from pilotfish.consumers.memory.rows import COLUMNS, row
from pilotfish.runtime.catalogue import catalogue
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.errors import ConfigurationError
from pilotfish.schemas.strategies import StrategyChanged

SECRET = "what the boss earns"


@pytest.fixture
def known(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A tenant whose strategy `look` worked in 18 of 24 attempts on sums, by two models."""
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    tenant, clickhouse = settings.tenant, ClickHouse(settings)
    for strategy in ("look", "guess"):
        publish(settings, found(tenant, strategy), 24)
    patterns = [
        (tenant, ["look"], "look", 1),
        (tenant, ["look", "answer"], "look", 1),
    ]
    columns = ["tenant", "pattern", "strategy", "version"]
    clickhouse.insert("strategy_patterns", columns, patterns)
    labels = [
        label(tenant, f"{SECRET} {n}", approach=None, strategy="look", p_success=p)
        for n, p in enumerate([1.0] * 18 + [0.0] * 6)
    ]
    vector = np.full(384, 0.05, np.float32)
    clickhouse.insert(
        "memory", COLUMNS, [row(each, "e", vector, "c") for each in labels]
    )
    clickhouse.insert(
        *("groups", ["tenant", "group_id", "name", "version"]),
        [(tenant, "g", "sums", 1)],
    )
    clickhouse.insert(
        *("clusters", ["tenant", "cluster", "embedder", "group_id", "version"]),
        [(tenant, "c", "e", "g", 1)],
    )
    clickhouse.insert(
        *("attempts", ["tenant", "attempt_id", "model", "last_event_at"]),
        [(tenant, a.attempt_id, f"m{n % 2}", utc_now()) for n, a in enumerate(labels)],
    )
    return settings


def found(tenant: str, strategy: str) -> StrategyChanged:
    return StrategyChanged(
        tenant=tenant,
        strategy_id=strategy,
        name=strategy,
        instruction=f"First use {strategy}.",
        moves=(strategy,),
    )


def say(*words: object, answer: str = "") -> str:
    done = CliRunner().invoke(app, ["strategies", *map(str, words)], input=answer)
    assert done.exit_code == 0, done.exception or done.output
    return done.output


def exported(settings: Settings, path: Path) -> Path:
    say("export", path, "--tenant", settings.tenant)
    return path


def test_an_archive_has_kinds_counts_and_no_text_of_a_problem(
    known: Settings, tmp_path: Path
) -> None:
    path = exported(known, tmp_path / "known.zip")
    read = strategy_file.read(path)
    assert (read.tenant, [each.strategy for each in read.strategies]) == (
        *(known.tenant, ["guess", "look"]),
    )
    assert read.strategies[1].patterns == (("look",), ("look", "answer"))
    [kind] = read.kinds
    assert (kind.words, kind.encoder, kind.attempts, kind.successes) == (
        *("sums", "e", 24, 18),
    )
    assert len(kind.centroid) == 384
    assert [(each.model, each.attempts, each.successes) for each in read.counts] == [
        ("m0", 12, 9),
        ("m1", 12, 9),
    ]
    assert all(each.low < 0.75 < each.high for each in read.counts)
    assert SECRET not in read.model_dump_json()


def test_the_mean_of_a_few_problems_stays_here(known: Settings, tmp_path: Path) -> None:
    ClickHouse(known).command(
        "DELETE FROM memory WHERE tenant = {t:String} AND p_success = 0",
        {"t": known.tenant},
    )
    [kind] = strategy_file.read(exported(known, tmp_path / "known.zip")).kinds
    assert (kind.attempts, kind.centroid) == (18, ())


def test_what_comes_in_is_shown_asked_for_and_retired(
    known: Settings, tmp_path: Path
) -> None:
    path = exported(known, tmp_path / "known.zip")
    other = f"{known.tenant}-b"
    publish(known, found(other, "guess"), 30)
    to_other = ("import", path, "--tenant", other)
    refused = CliRunner().invoke(
        app, ["strategies", *map(str, to_other)], input="n\n", env={"COLUMNS": "200"}
    )
    assert refused.exit_code == 1 and "First use look." in refused.output
    assert "comes in, retired" in refused.output and "is known" in refused.output
    assert list(catalogue(known).of(other)) == ["guess"]
    say(*to_other, answer="y\n")
    stands: dict[str, Any] = dict(catalogue(known).of(other))
    assert stands["guess"].standing == "offered"
    assert stands["look"].standing == "retired"
    assert stands["look"].reason.startswith(f"imported from tenant {known.tenant}, ")
    assert list(catalogue(known).offered(other)) == ["guess"]
    assert patterns(known, other) == [["look"], ["look", "answer"]]
    say("offer", "look", "--tenant", other)
    change = catalogue(known).of(other)["look"]
    assert change.standing == "offered" and "imported from" in change.reason
    assert change.imported == stands["look"].imported


def test_what_came_in_says_how_much_it_counts(known: Settings, tmp_path: Path) -> None:
    guesses = [
        label(
            known.tenant,
            f"{SECRET} {n}",
            approach=None,
            strategy="guess",
            p_success=0.0,
        )
        for n in range(24)
    ]
    vector = np.full(384, 0.05, np.float32)
    rows = [row(each, "e", vector, "c") for each in guesses]
    ClickHouse(known).insert("memory", COLUMNS, rows)
    ClickHouse(known).insert(
        *("attempts", ["tenant", "attempt_id", "model", "last_event_at"]),
        [
            (known.tenant, each.attempt_id, f"m{n % 2}", utc_now())
            for n, each in enumerate(guesses)
        ],
    )
    path, other = exported(known, tmp_path / "known.zip"), f"{known.tenant}-b"
    shown = CliRunner().invoke(
        app,
        ["strategies", "import", str(path), "--tenant", other],
        input="y\n",
        env={"COLUMNS": "200"},
    )
    assert "+38%, 8 attempts" in shown.output
    look = catalogue(known).of(other)["look"].imported
    assert look is not None and (look.gain, look.worth) == (0.375, 8)
    [kind] = look.kinds
    assert (look.encoder, kind.gain, len(kind.mean)) == ("e", 0.375, 384)
    explained = say("explain", "look", "--tenant", other)
    assert "imported, against the others there: +38%, 8 attempts" in explained
    told = json.loads(say("explain", "look", "--tenant", other, "--json"))
    assert told["imported"] == {"gain": 0.375, "worth": 8.0}


def test_a_second_import_brings_nothing_and_mends_what_was_cut_off(
    known: Settings, tmp_path: Path
) -> None:
    path, other = exported(known, tmp_path / "known.zip"), f"{known.tenant}-b"
    to_other = ("import", path, "--tenant", other, "--yes", "--json")
    assert json.loads(say(*to_other))["imported"] == ["guess", "look"]
    ClickHouse(known).command(
        "DELETE FROM strategy_patterns WHERE tenant = {t:String}", {"t": other}
    )
    assert json.loads(say(*to_other))["imported"] == []
    assert len(patterns(known, other)) == 2


def test_skills_and_sections_are_the_same_when_nothing_is_new(
    known: Settings, tmp_path: Path
) -> None:
    page, folder = tmp_path / "AGENTS.md", tmp_path / "skills"
    page.write_text("# Ours\n")
    written = []
    for _ in range(2):
        say("export", page, "--as", "agents-md")
        say("export", folder, "--as", "skill")
        [skill] = folder.rglob("SKILL.md")
        written.append((page.read_bytes(), skill.read_bytes(), skill.parent.name))
    assert written[0] == written[1]
    assert written[0][2] == "sums-g"
    assert b"# Ours" in written[0][0] and b"worked in 18 of 24" in written[0][0]


def test_a_tenant_without_strategies_has_nothing_to_export(
    known: Settings, tmp_path: Path
) -> None:
    to = ["strategies", "export", str(tmp_path / "x.zip"), "--tenant", "nobody"]
    error = CliRunner().invoke(app, to).exception
    assert isinstance(error, ConfigurationError)
    assert not (tmp_path / "x.zip").exists()


def patterns(settings: Settings, tenant: str) -> list[list[str]]:
    rows = ClickHouse(settings).query(
        "SELECT pattern FROM strategy_patterns FINAL"
        " WHERE tenant = {t:String} ORDER BY pattern",
        {"t": tenant},
    )
    return [list(pattern) for (pattern,) in rows]
