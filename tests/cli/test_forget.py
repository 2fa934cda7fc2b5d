import json
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from support.guarded import guarded_gateway
from typer.testing import CliRunner

from pilotfish._cli.app import app
from pilotfish.consumers.forget import forgetting
from pilotfish.infra.provision.migrations import migrate
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.errors import ConfigurationError
from pilotfish.schemas.topics import TOPICS

HINT = ("tenant", "request_id", "attempt_id", "at")


@pytest.fixture
def settings_with_hints(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> Settings:
    """A tenant with hints of two attempts; no stream processor needs to run."""
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    rows = [(settings.tenant, f"r{n}", f"a{n}", utc_now()) for n in (1, 2)]
    ClickHouse(settings).insert("hints", HINT, rows)
    monkeypatch.setattr(forgetting, "_carried_out", lambda *_: True)
    return settings


def run(*arguments: str, answer: str = "") -> Any:
    return CliRunner().invoke(
        app, ["forget", *arguments], input=answer, env={"COLUMNS": "200"}
    )


def hints(settings: Settings) -> list[str]:
    rows = ClickHouse(settings).query(
        "SELECT attempt_id FROM hints WHERE tenant = {tenant:String} ORDER BY 1",
        {"tenant": settings.tenant},
    )
    return [attempt for (attempt,) in rows]


def test_json_lists_what_was_deleted_and_what_remains(
    settings_with_hints: Settings,
) -> None:
    finished = run("--attempt", "a1", "--json")
    assert finished.exit_code == 0, finished.output
    output = json.loads(finished.output)
    assert (output["tenant"], output["attempt_id"]) == (
        settings_with_hints.tenant,
        "a1",
    )
    assert output["deleted"]["hints"] == 1
    assert output["remains"]["pilotfish.events"].startswith("messages, 30 days")
    for topic in TOPICS:
        assert (topic.name in output["remains"]) == (topic.keep != "compacted")
    assert (
        str(settings_with_hints.models / settings_with_hints.tenant)
        in output["remains"]
    )
    assert hints(settings_with_hints) == ["a2"]


def test_the_output_without_json_has_tables(settings_with_hints: Settings) -> None:
    finished = run("--attempt", "a1")
    assert (
        f"attempt a1 of tenant {settings_with_hints.tenant} is forgotten"
        in finished.output
    )
    lines = [line.split() for line in finished.output.splitlines()]
    assert ["hints", "1"] in lines and ["events", "0"] in lines
    assert "30 days from when each was published" in finished.output


def test_a_tenant_is_forgotten_after_a_confirmation(
    settings_with_hints: Settings,
) -> None:
    refused = run("--tenant", settings_with_hints.tenant, answer="n\n")
    assert refused.exit_code == 1 and "Its name cannot be used again" in refused.output
    assert hints(settings_with_hints) == ["a1", "a2"]
    assert run("--tenant", settings_with_hints.tenant, answer="y\n").exit_code == 0
    assert hints(settings_with_hints) == []


def test_a_tenant_is_forgotten_without_a_confirmation_given_yes(
    settings_with_hints: Settings,
) -> None:
    refused = run("--tenant", settings_with_hints.tenant, "--json")
    assert isinstance(refused.exception, ConfigurationError)
    assert "add --yes" in str(refused.exception)
    assert hints(settings_with_hints) == ["a1", "a2"]
    output = json.loads(
        run("--tenant", settings_with_hints.tenant, "--yes", "--json").output
    )
    assert output["deleted"]["hints"] == 2


def test_without_a_name_nothing_is_forgotten(settings_with_hints: Settings) -> None:
    assert "name what to forget" in str(run().exception)
    assert hints(settings_with_hints) == ["a1", "a2"]


def test_a_read_only_user_is_refused_before_anything_is_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with guarded_gateway(tmp_path / "data") as gateway:
        monkeypatch.setenv("PILOTFISH_CLICKHOUSE", gateway.url)
        monkeypatch.setenv("PILOTFISH_CLICKHOUSE_PASSWORD", "öpen sesame")
        migrate(ClickHouse(Settings()))
        monkeypatch.setenv("PILOTFISH_CLICKHOUSE_USER", "readonly")
        monkeypatch.setenv("PILOTFISH_CLICKHOUSE_PASSWORD", "a look")
        with patch.object(forgetting, "Publisher") as published:
            finished = run("--attempt", "a1")
    assert isinstance(finished.exception, ConfigurationError)
    assert "'readonly' cannot delete rows, so nothing was forgotten" in str(
        finished.exception
    )
    assert not published.called


def test_help_explains_the_consequences() -> None:
    shown = CliRunner().invoke(app, ["forget", "--help"], env={"COLUMNS": "120"}).output
    for words in ("For example", "late events", "choose another one", "--yes"):
        assert words in shown
