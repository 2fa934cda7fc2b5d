import json

import pytest
from advice.labels import label
from advice.tiny import tiny_bundle
from typer.testing import CliRunner

from pilotfish._cli.app import app
from pilotfish.advisors.store import BASE_TENANT
from pilotfish.consumers.memory.problem_vectors import ProblemVectors
from pilotfish.consumers.memory.rows import COLUMNS, row
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings


@pytest.fixture
def known(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    tiny_bundle(settings.models, BASE_TENANT, "tiny-1")
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    vectors = ProblemVectors.of(settings)
    texts = ["w1 w2", "w1 w9 " + "w5 " * 40]
    ones = [label(settings.tenant, text) for text in texts]
    rows = [row(one, vectors.name, vectors.embed([one.problem])[0], "") for one in ones]
    ClickHouse(settings).insert("memory", COLUMNS, rows)
    return settings


def said(*arguments: str) -> str:
    done = CliRunner().invoke(
        app, ["memory", "search", *arguments], env={"COLUMNS": "250"}
    )
    assert done.exit_code == 0, done.output
    return done.output


def test_json_has_all_that_is_known(known: Settings) -> None:
    found = json.loads(said("w2 w1", "--k", "1", "--json"))
    assert [one["problem"] for one in found] == ["w1 w2"]
    assert found[0]["actions"] == ["sql", "submit"]
    assert json.loads(said("w1", "--json", "--tenant", "nobody")) == []


def test_people_get_a_table(known: Settings) -> None:
    table = said("w1 w2")
    assert "similarity" in table and "success 1.00" in table and "..." in table
    assert said("w9", "--words").count("success") == 1
    assert said("w9", "--both").count("success") == 2
