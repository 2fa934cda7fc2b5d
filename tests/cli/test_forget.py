import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from guarded import guarded_gateway
from typer.testing import CliRunner

from pilotfish._cli.app import app
from pilotfish.consumers.forget import forgetting
from pilotfish.infra.provision.migrations import migrate
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.errors import ConfigurationError
from pilotfish.schemas.topics import ADVISORS, TOPICS

HINT = ("tenant", "request_id", "attempt_id", "at")


@pytest.fixture
def known(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A tenant with two attempts' hints; no stream processor has to take them back."""
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    rows = [(settings.tenant, f"r{n}", f"a{n}", utc_now()) for n in (1, 2)]
    ClickHouse(settings).insert("hints", HINT, rows)
    monkeypatch.setattr(forgetting, "_obeyed", lambda *_: True)
    return settings


def run(*arguments: str, answer: str = "") -> Any:
    return CliRunner().invoke(
        app, ["forget", *arguments], input=answer, env={"COLUMNS": "200"}
    )


def hints(settings: Settings) -> list[str]:
    found = ClickHouse(settings).query(
        "SELECT attempt_id FROM hints WHERE tenant = {tenant:String} ORDER BY 1",
        {"tenant": settings.tenant},
    )
    return [attempt for (attempt,) in found]


def test_json_says_what_was_deleted_and_what_remains(known: Settings) -> None:
    done = run("--attempt", "a1", "--json")
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    assert (told["tenant"], told["attempt_id"]) == (known.tenant, "a1")
    assert told["deleted"]["hints"] == 1
    assert told["remains"]["pilotfish.events"].startswith("messages, 30 days")
    for topic in TOPICS:
        assert (topic.name in told["remains"]) == (topic is not ADVISORS)
    assert str(known.models / known.tenant) in told["remains"]
    assert hints(known) == ["a2"]


def test_people_get_the_same_as_tables(known: Settings) -> None:
    done = run("--attempt", "a1")
    assert f"attempt a1 of tenant {known.tenant} is forgotten" in done.output
    lines = [line.split() for line in done.output.splitlines()]
    assert ["hints", "1"] in lines and ["events", "0"] in lines
    assert "30 days from when each was published" in done.output


def test_a_tenant_is_forgotten_after_a_question(known: Settings) -> None:
    refused = run("--tenant", known.tenant, answer="n\n")
    assert refused.exit_code == 1 and "Its name cannot be used again" in refused.output
    assert hints(known) == ["a1", "a2"]
    assert run("--tenant", known.tenant, answer="y\n").exit_code == 0
    assert hints(known) == []


def test_a_tenant_is_forgotten_without_a_question_where_told_so(
    known: Settings,
) -> None:
    asked = run("--tenant", known.tenant, "--json")
    assert isinstance(asked.exception, ConfigurationError)
    assert "add --yes" in str(asked.exception)
    assert hints(known) == ["a1", "a2"]
    told = json.loads(run("--tenant", known.tenant, "--yes", "--json").output)
    assert told["deleted"]["hints"] == 2


def test_without_a_name_nothing_is_forgotten(known: Settings) -> None:
    assert "say what to forget" in str(run().exception)
    assert hints(known) == ["a1", "a2"]


def test_who_may_only_read_is_refused_before_anything_is_ordered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with guarded_gateway(tmp_path / "data") as gateway:
        monkeypatch.setenv("PILOTFISH_CLICKHOUSE", gateway.url)
        monkeypatch.setenv("PILOTFISH_CLICKHOUSE_PASSWORD", "öpen sesame")
        migrate(ClickHouse(Settings()))
        monkeypatch.setenv("PILOTFISH_CLICKHOUSE_USER", "readonly")
        monkeypatch.setenv("PILOTFISH_CLICKHOUSE_PASSWORD", "a look")
        with patch.object(forgetting, "Publisher") as published:
            done = run("--attempt", "a1")
    assert isinstance(done.exception, ConfigurationError)
    assert "'readonly' cannot delete rows, so nothing was forgotten" in str(
        done.exception
    )
    assert not published.called


def test_help_teaches() -> None:
    shown = CliRunner().invoke(app, ["forget", "--help"], env={"COLUMNS": "120"}).output
    for words in ("For example", "late are", "go on under another one", "--yes"):
        assert words in shown
