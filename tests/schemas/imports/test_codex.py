from pathlib import Path

import pytest
from support.exports import DATA, Read, lines, read, written

from pilotfish.schemas.imports.codex import FORMAT

SESSION = "019a2f3c-7d10-7a40-8f6e-1c2d3e4f5a6b"


@pytest.fixture(scope="module")
def attempts() -> list[Read]:
    return read(FORMAT, DATA / "codex.jsonl")[0]


def test_the_users_words_are_the_problems_and_codexs_own_are_not(
    attempts: list[Read],
) -> None:
    assert [attempt.start.problem for attempt in attempts] == [
        "Fix the failing test",
        "Rename it everywhere",
        "What does it do now?",
    ]


def test_items_are_steps_and_events_that_repeat_them_are_not(
    attempts: list[Read],
) -> None:
    story = attempts[0].story()
    assert [(kind, name) for kind, name, _ in story] == [
        ("thought", "thought"),
        *(("action", "exec_command"), ("observation", "exec_command")),
        *(("action", "apply_patch"), ("observation", "apply_patch")),
        *(("action", "shell"), ("observation", "shell")),
        ("answer", "answer"),
    ]
    assert story[6][2] == "3 passed"
    assert attempts[0].steps[1].duration_s == 3.0


def test_tokens_that_are_told_twice_count_once(attempts: list[Read]) -> None:
    assert attempts[0].tokens == 3120
    assert attempts[0].steps[1].tokens == 1050


def test_test_runs_are_evidence_in_every_layout_of_outputs(
    attempts: list[Read],
) -> None:
    assert attempts[0].verdicts() == [("exit_code", 0.0), ("exit_code", 1.0)]


def test_who_worked_is_told(attempts: list[Read]) -> None:
    start = attempts[0].start
    assert (start.agent.name, start.agent.version) == ("codex", "0.89.0")
    assert start.agent.model == "gpt-5.5-codex"
    assert start.attributes["session.id"] == SESSION


def test_an_interrupted_turn_is_abandoned_and_an_open_one_has_no_end(
    attempts: list[Read],
) -> None:
    ends = [attempt.end and attempt.end.status for attempt in attempts]
    assert ends == ["unknown", "abandoned", None]


def test_what_is_not_read_is_named() -> None:
    assert read(FORMAT, DATA / "codex.jsonl")[1] == [
        "not read: lines of type compacted (1, the first is line 29)"
    ]


def test_the_first_versions_are_read() -> None:
    [attempt], _ = read(FORMAT, DATA / "codex_2025.jsonl")
    assert attempt.start.problem == "list files"
    assert attempt.story() == [
        ("action", "shell", '{"command":["ls"]}'),
        ("observation", "shell", "a.py\n"),
        ("answer", "answer", "There is a.py."),
    ]


def test_a_session_that_went_on_adds_events_and_changes_none(
    tmp_path: Path, attempts: list[Read]
) -> None:
    records = lines("codex.jsonl")
    ids = {event.event_id for attempt in attempts for event in attempt.events}
    for cut in range(8, len(records)):
        before, _ = read(FORMAT, written(tmp_path / "cut.jsonl", records[:cut]))
        new = {
            e.event_id for a in before for e in a.events if "/end/" not in e.event_id
        }
        assert new <= ids


def test_a_sub_agent_has_its_own_lines_only(tmp_path: Path) -> None:
    meta, *rest = lines("codex.jsonl")
    meta["payload"] |= {
        "thread_source": "subagent",
        "subagent_history_start_ordinal": 21,
    }
    records = [{"ordinal": n, **line} for n, line in enumerate(rest, 1)]
    attempts, _ = read(FORMAT, written(tmp_path / "sub.jsonl", [meta, *records]))
    assert [a.start.problem for a in attempts] == [
        "Rename it everywhere",
        "What does it do now?",
    ]
    assert {a.start.agent.name for a in attempts} == {"codex/sub-agent"}
    assert [a.tokens for a in attempts] == [0, 0]
