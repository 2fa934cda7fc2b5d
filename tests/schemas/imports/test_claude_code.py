from pathlib import Path

import pytest
from support.exports import DATA, Read, lines, read, written

from pilotfish.schemas.attempt_log.reader import Record
from pilotfish.schemas.imports.claude_code import FORMAT, attempts_of

SESSION = "5d1f6c0e-3b6a-4f0e-9a51-0d5c8a1d2e3f"


@pytest.fixture(scope="module")
def attempts() -> dict[str, Read]:
    found, _ = read(FORMAT, DATA / "claude_code.jsonl")
    return {attempt.start.problem: attempt for attempt in found}


def test_an_attempt_is_a_prompt_up_to_the_next(attempts: dict[str, Read]) -> None:
    assert list(attempts) == [
        "Fix the failing test in cart.py",
        "[image]\nNow make it look like this",
        "Use tabs instead",
        "Find who calls total()",
        "continue",
    ]


def test_steps_have_names_times_durations_and_tokens(attempts: dict[str, Read]) -> None:
    attempt = attempts["Fix the failing test in cart.py"]
    assert [(kind, name) for kind, name, _ in attempt.story()] == [
        ("thought", "thought"),
        ("thought", "thought"),
        ("action", "Bash"),
        ("observation", "Bash"),
        ("action", "Task"),
        ("observation", "Task"),
        ("action", "Bash"),
        ("observation", "Bash"),
        ("answer", "answer"),
    ]
    assert attempt.steps[2].duration_s == 6.0
    assert attempt.steps[-1].content == "Fixed: the total was counted twice."
    assert attempt.start.at.isoformat() == "2026-10-05T09:00:10+00:00"
    assert attempt.end
    assert attempt.end.at.isoformat() == "2026-10-05T09:00:48+00:00"


def test_a_message_in_several_lines_has_its_tokens_once(
    attempts: dict[str, Read],
) -> None:
    attempt = attempts["Fix the failing test in cart.py"]
    first_message = 10 + 200 + 1000 + 90
    assert [step.tokens for step in attempt.steps] == [
        *(first_message, 0, 0, 0),
        *(25, 0, 25, 0, 17),
    ]


def test_who_worked_and_how_is_told(attempts: dict[str, Read]) -> None:
    start = attempts["Fix the failing test in cart.py"].start
    assert (start.agent.name, start.agent.version, start.agent.model) == (
        *("claude-code", "2.1.263"),
        "claude-opus-4-8",
    )
    assert start.approach == "Explore"
    assert start.attributes["session.id"] == SESSION


def test_a_sub_agent_makes_an_attempt_of_its_own(attempts: dict[str, Read]) -> None:
    attempt = attempts["Find who calls total()"]
    assert attempt.start.agent.name == "claude-code/Explore"
    assert [name for _, name, _ in attempt.story()] == ["Grep", "Grep", "answer"]
    assert attempt.tokens == 22


def test_only_test_runs_are_evidence(attempts: dict[str, Read]) -> None:
    attempt = attempts["Fix the failing test in cart.py"]
    assert attempt.verdicts() == [("exit_code", 0.0), ("exit_code", 1.0)]
    others = [a for a in attempts.values() if a is not attempt]
    assert {kind for a in others for kind, _ in a.verdicts()} == {"infrastructure"}


def test_how_it_ended_is_told_and_nothing_made_up(attempts: dict[str, Read]) -> None:
    ends = [a.end and (a.end.status, a.end.reason[:23]) for a in attempts.values()]
    assert ends == [
        ("unknown", ""),
        ("abandoned", "interrupted by the user"),
        ("infrastructure", 'API Error: 529 {"type":'),
        ("unknown", ""),
        None,
    ]


def test_what_is_not_read_is_named() -> None:
    _, told = read(FORMAT, DATA / "claude_code.jsonl")
    assert told == [
        "not read: lines of type file-history-snapshot (1, the first is line 1); "
        "lines of type system/compact_boundary (1, the first is line 16)"
    ]


def test_a_session_that_went_on_adds_events_and_changes_none(tmp_path: Path) -> None:
    records = lines("claude_code.jsonl")
    whole, _ = read(FORMAT, DATA / "claude_code.jsonl")
    ids = {event.event_id for attempt in whole for event in attempt.events}
    for cut in range(1, len(records)):
        before, _ = read(FORMAT, written(tmp_path / "cut.jsonl", records[:cut]))
        ended = {e.event_id for a in before for e in a.events if "/end/" in e.event_id}
        others = {e.event_id for a in before for e in a.events} - ended
        assert others <= ids


def test_a_resumed_session_that_copies_its_history_doubles_nothing(
    tmp_path: Path,
) -> None:
    """Some versions write the old lines into a new file, under a new session."""
    copy = [line | {"sessionId": "another"} for line in lines("claude_code.jsonl")]
    copied, _ = read(FORMAT, written(tmp_path / "copy.jsonl", copy))
    whole, _ = read(FORMAT, DATA / "claude_code.jsonl")
    assert [a.start.attempt_id for a in copied] == [a.start.attempt_id for a in whole]


def test_a_sub_agents_own_file_is_an_attempt(tmp_path: Path) -> None:
    sidechain = [
        line | {"agentId": "a46e7b2c"}
        for line in lines("claude_code.jsonl")
        if line.get("isSidechain")
    ]
    [attempt], _ = read(FORMAT, written(tmp_path / "agent-a46e7b2c.jsonl", sidechain))
    assert attempt.start.problem == "Find who calls total()"
    assert attempt.start.agent.name == "claude-code/sub-agent"


def test_what_the_user_types_meanwhile_is_no_new_attempt(tmp_path: Path) -> None:
    typed = {"type": "queued_command", "prompt": "use tabs", "commandMode": "prompt"}
    records = [
        *lines("claude_code.jsonl")[4:6],
        {"type": "attachment", "uuid": "q1", "attachment": typed},
    ]
    [attempt], _ = read(FORMAT, written(tmp_path / "t.jsonl", records))
    assert attempt.story()[-1] == ("observation", "user", "use tabs")


def test_a_slash_command_that_makes_the_agent_work_is_an_attempt(
    tmp_path: Path,
) -> None:
    command = (
        "<command-message>review</command-message>\n<command-name>/review</command-name>"
        "\n<command-args>cart.py</command-args>"
    )
    prompt, answer = lines("claude_code.jsonl")[4], lines("claude_code.jsonl")[6]
    prompt["message"]["content"] = command
    [attempt], _ = read(FORMAT, written(tmp_path / "t.jsonl", [prompt, answer]))
    assert attempt.start.problem == "/review cart.py"


def test_a_hook_can_read_lines_that_it_has_in_memory() -> None:
    records = [Record("line", line) for line in lines("claude_code.jsonl")]
    assert [found.fields["problem"] for found in attempts_of(records)][-1] == "continue"
