import json
from pathlib import Path

import pytest
from support.exports import DATA, Read, read, written

from pilotfish.schemas.imports.atif import FORMAT


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
