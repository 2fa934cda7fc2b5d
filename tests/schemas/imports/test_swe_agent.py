import json
from pathlib import Path

import pytest
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


@pytest.mark.parametrize(
    ("status", "ends"),
    [
        ("submitted (exit_api)", "infrastructure"),
        ("exit_environment_error", "infrastructure"),
        ("RateLimitError", "infrastructure"),
        ("submitted (exit_cost)", "unknown"),
        ("exit_error", "unknown"),
        ("LimitsExceeded", "unknown"),
        (None, "unknown"),
    ],
)
def test_what_infrastructure_ended_is_told_by_the_status(
    tmp_path: Path, status: str | None, ends: str
) -> None:
    run = json.loads((DATA / "swe_agent.traj").read_text())
    run["info"]["exit_status"] = status
    [attempt], _ = read(FORMAT, written(tmp_path / "r.traj", [run]))
    assert attempt.end
    assert attempt.end.status == ends


def test_mini_swe_agent_may_have_items_of_the_responses_api(tmp_path: Path) -> None:
    run = json.loads((DATA / "mini_swe_agent.traj.json").read_text())
    call = {"type": "function_call", "call_id": "c1", "name": "bash"}
    said = {"type": "message", "content": [{"type": "output_text", "text": "I look."}]}
    thought = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "?"}]}
    arguments = json.dumps({"command": "ls"})
    run["messages"][2:] = [
        {
            "object": "response",
            "output": [thought, said, {**call, "arguments": arguments}],
            "extra": {"timestamp": 1_790_000_000.0},
        },
        {"type": "function_call_output", "call_id": "c1", "output": "a.py"},
    ]
    [attempt], _ = read(FORMAT, written(tmp_path / "r.traj.json", [run]))
    assert attempt.story()[:4] == [
        ("thought", "thought", "?"),
        ("thought", "thought", "I look."),
        ("action", "bash", arguments),
        ("observation", "bash", "a.py"),
    ]


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
