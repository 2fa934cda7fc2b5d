import json

import pytest
from typer.testing import CliRunner

from pilotfish._cli.app import app
from pilotfish.consumers.archive.rows import HINTS_TABLE
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.advice import Candidate, HintGiven


@pytest.fixture
def hint(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> HintGiven:
    """A hint in the archive, with an environment in which it is found."""
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    likely = {"propensity": 0.9, "attempts": 38, "successes": 31.0}
    made = HintGiven(
        request_id="r-1",
        tenant=settings.tenant,
        client_id="c",
        approach="plan",
        text='Try approach "plan".',
        kind="sql",
        confidence=0.8,
        candidates=(
            Candidate(approach="direct", p_success=0.3, propensity=0.1),
            Candidate(approach="plan", p_success=0.8, **likely),
        ),
        advisor_version="base-1",
    )
    rows = [HINTS_TABLE.row(made, 0, 0)]
    ClickHouse(settings).insert(HINTS_TABLE.name, HINTS_TABLE.columns, rows)
    return made


def test_explain_shows_the_numbers_behind_a_hint(hint: HintGiven) -> None:
    shown = CliRunner().invoke(app, ["hints", "explain", hint.request_id])
    assert shown.exit_code == 0, shown.output
    assert hint.text in shown.output and "kind of problem: sql" in shown.output
    [plan] = [line for line in shown.output.splitlines() if line.startswith("plan")]
    assert plan.split() == ["plan", "0.80", "0.900", "38", "31.0"]


def test_json_has_the_numbers_behind_a_hint(hint: HintGiven) -> None:
    shown = CliRunner().invoke(app, ["hints", "explain", hint.request_id, "--json"])
    output = json.loads(shown.stdout)
    assert output["kind"] == "sql" and output["candidates"][0] == {
        "approach": "plan",
        "p_success": 0.8,
        "propensity": 0.9,
        "attempts": 38,
        "successes": 31.0,
    }


def test_an_unknown_request_is_an_error_that_says_where_ids_are(
    hint: HintGiven,
) -> None:
    shown = CliRunner().invoke(app, ["hints", "explain", "nothing"])
    assert shown.exit_code != 0
    assert "has no hint nothing" in str(shown.exception or shown.output)
