import json
from pathlib import Path
from typing import Any

import pytest
from support.exports import DATA, Read, read, written

from pilotfish.schemas.imports.atif import FORMAT
from pilotfish.schemas.prices import Tokens, cost


@pytest.fixture(scope="module")
def attempts() -> list[Read]:
    return read(FORMAT, DATA / "atif.json")[0]


def test_a_trajectory_is_an_attempt(attempts: list[Read]) -> None:
    attempt = attempts[0]
    assert attempt.start.problem == "Create hello.txt"
    assert attempt.start.agent.model == "anthropic/claude-opus-5"
    assert attempt.story() == [
        ("thought", "thought", "Use echo."),
        ("thought", "thought", "I write the file."),
        ("action", "bash", '{"command": "echo hello > hello.txt"}'),
        ("observation", "bash", "done"),
        ("observation", "user", "Also goodbye.txt"),
        ("answer", "answer", "Both are there."),
    ]
    assert attempt.end
    assert attempt.end.status == "unknown"
    assert attempt.signals == []


def test_what_the_run_cost_beyond_its_steps_is_counted(attempts: list[Read]) -> None:
    assert (attempts[0].tokens, round(attempts[0].cost, 6)) == (1960, 0.02)


def test_so_is_a_sub_agents_trajectory(attempts: list[Read]) -> None:
    assert attempts[1].start.agent.name == "explorer"
    assert attempts[1].start.problem == "Look around"


@pytest.mark.parametrize("version", ["ATIF-v1.0", "ATIF-v1.8", "ATIF-v1.42"])
def test_any_version_with_fields_nobody_knows_is_read(
    tmp_path: Path, version: str
) -> None:
    trajectory = json.loads((DATA / "atif.json").read_text())
    trajectory |= {"schema_version": version, "nonsense": [1]}
    trajectory["steps"][2]["what_is_this"] = {"a": 1}
    attempts, told = read(FORMAT, written(tmp_path / "t.json", [trajectory]))
    assert len(attempts) == 2
    assert "field nonsense (1, the first is line 1)" in told[-1]


def test_copied_context_is_not_done_again(tmp_path: Path) -> None:
    trajectory = json.loads((DATA / "atif.json").read_text())
    for step in trajectory["steps"][:3]:
        step["is_copied_context"] = True
    attempts, _ = read(FORMAT, written(tmp_path / "t.json", [trajectory]))
    assert attempts[0].start.problem == "Also goodbye.txt"


def test_a_continuation_of_the_same_session_is_another_attempt(
    tmp_path: Path, attempts: list[Read]
) -> None:
    trajectory = json.loads((DATA / "atif.json").read_text())
    trajectory["steps"] = trajectory["steps"][3:]
    found, _ = read(FORMAT, written(tmp_path / "t.json", [trajectory]))
    assert found[0].start.attempt_id != attempts[0].start.attempt_id


def test_a_trajectory_that_went_on_is_the_same_attempt(
    tmp_path: Path, attempts: list[Read]
) -> None:
    trajectory = json.loads((DATA / "atif.json").read_text())
    trajectory["steps"] = trajectory["steps"][:3]
    found, _ = read(FORMAT, written(tmp_path / "t.json", [trajectory]))
    whole = {event.event_id for event in attempts[0].events}
    assert {event.event_id for event in found[0].events} <= whole


def trajectory(**changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((DATA / "atif.json").read_text())
    return found | changes


def test_without_a_cost_the_list_price_is_taken(tmp_path: Path) -> None:
    unpriced = trajectory(final_metrics=None)
    for step in unpriced["steps"]:
        step.get("metrics", {}).pop("cost_usd", None)
    attempts, _ = read(FORMAT, written(tmp_path / "t.json", [unpriced]))
    model = "anthropic/claude-opus-5"
    prices = [cost(model, Tokens(900, 40, 500)), cost(model, Tokens(950, 10))]
    assert attempts[0].cost == pytest.approx(sum(prices))
    assert sum(prices) > 0


def test_what_sub_agents_cost_is_not_counted_twice(tmp_path: Path) -> None:
    whole = trajectory()
    whole["subagent_trajectories"][0]["final_metrics"] = {"total_cost_usd": 0.004}
    attempts, _ = read(FORMAT, written(tmp_path / "t.json", [whole]))
    assert [round(attempt.cost, 6) for attempt in attempts] == [0.016, 0.004]


def test_a_sub_agent_is_of_the_session_around_it(tmp_path: Path) -> None:
    twice = [trajectory(session_id="trial-7"), trajectory(session_id="trial-8")]
    attempts, _ = read(FORMAT, written(tmp_path / "t.json", twice))
    assert attempts[1].start.attributes["session.id"] == "trial-7"
    assert len({attempt.start.attempt_id for attempt in attempts}) == 4


def test_a_continuation_may_have_copied_the_problem(
    tmp_path: Path, attempts: list[Read]
) -> None:
    continued = trajectory()
    for step in continued["steps"][:4]:
        step["is_copied_context"] = True
    found, _ = read(FORMAT, written(tmp_path / "t.json", [continued]))
    assert found[0].start.problem == "Create hello.txt"
    assert found[0].story() == [("answer", "answer", "Both are there.")]
    assert found[0].start.attempt_id != attempts[0].start.attempt_id


def test_a_result_may_only_name_what_a_sub_agent_did(tmp_path: Path) -> None:
    whole = trajectory()
    [result] = whole["steps"][2]["observation"]["results"]
    result |= {
        "content": None,
        "subagent_trajectory_ref": [{"trajectory_id": "tr-7-a"}],
    }
    attempts, _ = read(FORMAT, written(tmp_path / "t.json", [whole]))
    assert ("observation", "bash", "tr-7-a") in attempts[0].story()
