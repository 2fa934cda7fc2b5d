import json
from datetime import UTC, datetime

import pytest
from support.advice.tiny import tiny_bundle
from typer.testing import CliRunner, Result

from pilotfish._cli.app import app
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.promotions import in_service
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import BundleError, ConfigurationError

START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def tenant_settings(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Settings of a tenant with a base bundle, and v1 trained from it."""
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    tiny_bundle(settings.models, "base", "b1")
    tiny_bundle(settings.models, settings.tenant, "v1", parent="b1")
    return settings


def advisors(*words: str) -> Result:
    return CliRunner().invoke(app, ["advisors", *words])


def serving(settings: Settings) -> str:
    return in_service(settings)[settings.tenant].version


def test_promote_and_roll_back_to_the_base(tenant_settings: Settings) -> None:
    assert advisors("promote", "v1", "--reason", "looked at it").exit_code == 0
    assert serving(tenant_settings) == "v1"
    assert advisors("rollback").exit_code == 0
    assert serving(tenant_settings) == "b1"
    assert isinstance(advisors("rollback").exception, ConfigurationError)
    assert serving(tenant_settings) == "b1"


def test_a_second_rollback_goes_to_the_grandparent(tenant_settings: Settings) -> None:
    tiny_bundle(tenant_settings.models, tenant_settings.tenant, "v2", parent="v1")
    advisors("promote", "v2")
    for expected in ("v1", "b1"):
        assert advisors("rollback").exit_code == 0
        assert serving(tenant_settings) == expected


def test_an_unknown_version_is_refused(tenant_settings: Settings) -> None:
    assert isinstance(advisors("promote", "v9").exception, BundleError)
    assert tenant_settings.tenant not in in_service(tenant_settings)


def test_rollback_is_refused_before_the_first_promotion(
    tenant_settings: Settings,
) -> None:
    error = advisors("rollback").exception
    assert isinstance(error, ConfigurationError)
    assert "no advisor was ever promoted" in str(error)


def test_list_shows_verdicts_and_the_advisor_in_service(
    tenant_settings: Settings,
) -> None:
    columns = ("tenant", "training_id", "status", "started_at", "version", "verdict")
    rows = [
        (tenant_settings.tenant, version, "finished", START, version, verdict)
        for version, verdict in (("v1", "promoted"), ("v2", "refused"))
    ]
    ClickHouse(tenant_settings).insert("trainings", columns, rows)
    advisors("promote", "v1")
    shown = advisors("list", "--json")
    rows_by_version = {row["version"]: row for row in json.loads(shown.output)}
    assert [rows_by_version[v]["in_service"] for v in ("v1", "v2")] == [True, False]
    assert rows_by_version["v2"]["verdict"] == "refused"


def test_list_shows_reasons_and_numbers(
    tenant_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "250")
    metrics = {
        "candidate": {"accuracy": 0.9, "log_loss": 0.25},
        "incumbent": {"accuracy": 0.8, "log_loss": 0.3},
        "gate": {"gain": 0.05, "p_value": 0.2, "look": 1.0, "allowed": 0.05},
    }
    row = {
        "tenant": tenant_settings.tenant, "training_id": "t1", "status": "finished",
        "started_at": START, "version": "", "verdict": "refused",
        "reason": "its ONNX file differs from torch by 0.3",
        "metrics": json.dumps(metrics),
    }  # fmt: skip
    ClickHouse(tenant_settings).insert("trainings", list(row), [list(row.values())])
    advisors("promote", "v1", "--reason", "looked at it")
    [shown_row] = json.loads(advisors("list", "--json").output)
    assert shown_row["metrics"] == metrics
    assert (shown_row["reason"], shown_row["in_service"]) == (row["reason"], False)
    shown = advisors("list").output
    assert "its ONNX file differs from torch by 0.3" in shown
    assert "0.900 against 0.800" in shown and "0.250 against 0.300" in shown
    assert "v1 is in service" in shown and "looked at it" in shown
