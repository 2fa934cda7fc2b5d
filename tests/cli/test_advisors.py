import json
from datetime import UTC, datetime

import pytest
from advice.tiny import tiny_bundle
from typer.testing import CliRunner, Result

from pilotfish._cli.app import app
from pilotfish.schemas.errors import BundleError, ConfigurationError
from pilotfish.schemas.settings import Settings
from pilotfish.streams.clickhouse import ClickHouse
from pilotfish.streams.promotions import in_service

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def mine(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a tenant with a base bundle, and v1 made from it."""
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    tiny_bundle(settings.models, "base", "b1")
    tiny_bundle(settings.models, settings.tenant, "v1", parent="b1")
    return settings


def advisors(*words: str) -> Result:
    return CliRunner().invoke(app, ["advisors", *words])


def serving(settings: Settings) -> str:
    return in_service(settings)[settings.tenant].version


def test_promote_and_go_back_to_the_base(mine: Settings) -> None:
    assert advisors("promote", "v1", "--reason", "looked at it").exit_code == 0
    assert serving(mine) == "v1"
    assert advisors("rollback").exit_code == 0
    assert serving(mine) == "b1"
    assert isinstance(advisors("rollback").exception, ConfigurationError)
    assert serving(mine) == "b1"


def test_an_unknown_version_is_refused(mine: Settings) -> None:
    assert isinstance(advisors("promote", "v9").exception, BundleError)
    assert mine.tenant not in in_service(mine)


def test_nobody_can_go_back_before_the_first_promotion(mine: Settings) -> None:
    error = advisors("rollback").exception
    assert isinstance(error, ConfigurationError)
    assert "no advisor was ever promoted" in str(error)


def test_list_shows_verdicts_and_who_serves(mine: Settings) -> None:
    columns = ("tenant", "training_id", "status", "started_at", "version", "verdict")
    rows = [
        (mine.tenant, version, "finished", START, version, verdict)
        for version, verdict in (("v1", "promoted"), ("v2", "refused"))
    ]
    ClickHouse(mine).insert("trainings", columns, rows)
    advisors("promote", "v1")
    shown = advisors("list", "--json")
    found = {row["version"]: row for row in json.loads(shown.output)}
    assert [found[v]["in_service"] for v in ("v1", "v2")] == [True, False]
    assert found["v2"]["verdict"] == "refused"
