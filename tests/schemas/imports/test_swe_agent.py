import json
from pathlib import Path

from support.exports import DATA, read, written

from pilotfish.schemas.imports.swe_agent import FORMAT


def test_a_submission_of_swe_agent_is_an_answer_and_no_success() -> None:
    [attempt], _ = read(FORMAT, DATA / "swe_agent.traj")
    assert attempt.start.problem == "We're solving this issue:\nTotals are doubled"
    assert [(kind, name) for kind, name, _ in attempt.story()] == [
        ("thought", "thought"),
        *(("action", "search_dir"), ("observation", "search_dir")),
        *(("action", "edit"), ("observation", "edit")),
        ("thought", "thought"),
        ("action", "submit"),
        ("answer", "submission"),
    ]
    assert attempt.end
    assert (attempt.end.status, attempt.end.reason) == ("unknown", "submitted")
    assert (attempt.tokens, round(attempt.cost, 6)) == (31900, 0.31)
    assert attempt.steps[1].duration_s == 0.4


def test_a_run_that_the_provider_ended_says_nothing_of_the_agent(
    tmp_path: Path,
) -> None:
    run = json.loads((DATA / "swe_agent.traj").read_text())
    run["info"] |= {"exit_status": "exit_api", "submission": None}
    [attempt], _ = read(FORMAT, written(tmp_path / "r.traj", [run]))
    assert attempt.end
    assert attempt.end.status == "infrastructure"


def test_mini_swe_agent_has_messages_with_times() -> None:
    [attempt], _ = read(FORMAT, DATA / "mini_swe_agent.traj.json")
    assert attempt.start.agent.name == "mini-swe-agent"
    assert attempt.start.agent.model == "anthropic/claude-sonnet-5"
    assert [(kind, name) for kind, name, _ in attempt.story()] == [
        ("thought", "thought"),
        *(("action", "bash"), ("observation", "bash")),
        ("answer", "submission"),
    ]
    assert attempt.steps[0].at.year == 2026
