"""What `pilotfish status` says of the advisor in service, and of trainings."""

import json
from typing import Any

import pytest
from support.advice.tiny import tiny_bundle
from typer.testing import CliRunner

from pilotfish._cli.app import app
from pilotfish.runtime.promotions import announce
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.advisors import AdvisorPromoted, AdvisorRolledBack
from pilotfish.trainers import training_packages


def status(settings: Settings) -> dict[str, Any]:
    done = CliRunner().invoke(app, ["status", "--json"], env=settings.environment())
    assert done.exit_code == 0, done.output
    values: dict[str, Any] = json.loads(done.stdout)
    return values


def test_it_names_the_base_until_an_advisor_is_promoted(settings: Settings) -> None:
    assert status(settings)["advisor"].startswith("unknown: no base advisor in")
    base = tiny_bundle(settings.models, "base", "tiny-1")
    assert status(settings)["advisor"] == base.card.version == "tiny-1"
    mine, checksum = settings.tenant, "0" * 64
    promoted = AdvisorPromoted(tenant=mine, version="v2", checksum=checksum)
    announce(settings, promoted)
    assert status(settings)["advisor"] == "v2"
    back = AdvisorRolledBack(
        tenant=mine, version="v1", withdrawn="v2", checksum=checksum
    )
    announce(settings, back)
    assert status(settings)["advisor"] == "v1"


def test_without_kafka_it_still_says_what_clickhouse_knows(settings: Settings) -> None:
    away = settings.model_copy(update={"kafka": "127.0.0.1:1"})
    values = status(away)
    assert values["advisor"].startswith("unknown: reading pilotfish.advisors")
    assert values["attempts"] == 0


def test_it_says_that_trainings_are_off(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert status(settings)["trainings"] == "on"
    monkeypatch.setattr(training_packages, "MODULES", ("no_such_module",))
    assert status(settings)["trainings"].startswith("no_such_module not installed")
