import json

import pytest
from support.advice.labels import label
from support.advice.tiny import tiny_bundle
from typer.testing import CliRunner

from pilotfish._cli.app import app
from pilotfish.advisors.store import BASE_TENANT
from pilotfish.consumers.memory.problem_vectors import ProblemVectors
from pilotfish.consumers.memory.rows import COLUMNS, row
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings


@pytest.fixture
def remembered(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    tiny_bundle(settings.models, BASE_TENANT, "tiny-1")
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    vectors = ProblemVectors.of(settings)
    texts = ["w1 w2", "w1 w9 " + "w5 " * 40]
    labels = [label(settings.tenant, text) for text in texts]
    rows = [
        row(each, vectors.name, vectors.embed([each.problem])[0], "") for each in labels
    ]
    ClickHouse(settings).insert("memory", COLUMNS, rows)
    return settings


def searched(*arguments: str) -> str:
    finished = CliRunner().invoke(
        app, ["memory", "search", *arguments], env={"COLUMNS": "250"}
    )
    assert finished.exit_code == 0, finished.output
    return finished.output


def test_json_has_all_fields(remembered: Settings) -> None:
    attempts = json.loads(searched("w2 w1", "--k", "1", "--json"))
    assert [attempt["problem"] for attempt in attempts] == ["w1 w2"]
    assert attempts[0]["actions"] == ["sql", "submit"]
    assert json.loads(searched("w1", "--json", "--tenant", "nobody")) == []


def test_the_output_without_json_is_a_table(remembered: Settings) -> None:
    table = searched("w1 w2")
    assert "similarity" in table and "success 1.00" in table and "..." in table
    assert searched("w9", "--words").count("success") == 1
    assert searched("w9", "--both").count("success") == 2


def test_half_a_character_is_searched_as_any_text(remembered: Settings) -> None:
    assert "success 1.00" in searched("w1 \ud83d")
    assert json.loads(searched("ni\udcf1o", "--json", "--words")) == []
    assert json.loads(searched("w1", "--json", "--tenant", "ni\udcf1o")) == []
