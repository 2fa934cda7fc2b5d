from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from support.exports import DATA, Read, lines, read, written

from pilotfish.schemas.base import micros
from pilotfish.schemas.imports.codex import FORMAT
from pilotfish.schemas.prices import Tokens, cost

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


def test_what_tokens_cost_follows_from_the_price_list(attempts: list[Read]) -> None:
    model = attempts[0].start.agent.model
    prices = [cost(model, Tokens(1040, 10)), cost(model, Tokens(2000, 70, 1000))]
    assert attempts[0].cost == pytest.approx(sum(prices)) and attempts[0].cost > 0


FORKED_AT = datetime(2026, 10, 7, 9, tzinfo=UTC)


def uuid_7(at: datetime) -> str:
    digits = f"{micros(at) // 1000:012x}"
    return f"{digits[:8]}-{digits[8:]}-7000-8000-000000000000"


def fork(seconds: float = 30.0, **more: Any) -> list[dict[str, Any]]:
    """Return a fork of the session: all its lines anew, and a turn of its own."""
    copied = lines("codex.jsonl")
    for line in copied:
        line["timestamp"] = FORKED_AT.isoformat()
    meta = {
        "id": uuid_7(FORKED_AT),
        "forked_from_id": SESSION,
        "timestamp": FORKED_AT.isoformat(),
    }
    at = (FORKED_AT + timedelta(seconds=seconds)).isoformat()
    own: list[dict[str, Any]] = [
        {"type": "event_msg", "payload": {"type": "task_started", **more}},
        {"type": "event_msg", "payload": {"type": "user_message", "message": "Undo"}},
        {"type": "event_msg", "payload": {"type": "task_complete"}},
    ]
    return [
        {"timestamp": at, "type": "session_meta", "payload": meta},
        *copied,
        *({"timestamp": at, **line} for line in own),
    ]


def problems(path: Path, records: list[dict[str, Any]]) -> list[str]:
    found, told = read(FORMAT, written(path / "fork.jsonl", records))
    assert told == []
    return [attempt.start.problem for attempt in found]


def with_turn_ids(records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give the copied turns ids of when they were begun."""
    for line in records:
        if line["payload"].get("turn_id") == "t1":
            line["payload"]["turn_id"] = uuid_7(FORKED_AT - timedelta(hours=25))
    return records


def test_a_fork_has_its_own_turns_only(tmp_path: Path) -> None:
    own = uuid_7(FORKED_AT + timedelta(seconds=0.2))
    records = with_turn_ids(fork(0.2, turn_id=own))
    assert problems(tmp_path, records) == ["Undo"]


def test_a_turn_may_tell_its_start_in_seconds(tmp_path: Path) -> None:
    started = int(FORKED_AT.timestamp())
    assert problems(tmp_path, with_turn_ids(fork(0.2, started_at=started))) == ["Undo"]


def test_a_prompt_may_stand_before_what_tells_of_its_turn(tmp_path: Path) -> None:
    records = with_turn_ids(fork(0.2))
    own = {"turn_id": uuid_7(FORKED_AT + timedelta(seconds=0.2)), "model": "gpt-5"}
    records.insert(-1, {"type": "turn_context", "payload": own})
    assert problems(tmp_path, records) == ["Undo"]


def test_where_turns_have_no_ids_the_copy_has_the_time_of_the_fork(
    tmp_path: Path,
) -> None:
    records = [line for line in fork() if line["payload"].get("turn_id") is None]
    assert problems(tmp_path, records) == ["Undo"]


def test_a_fork_without_turns_of_its_own_is_no_attempt(tmp_path: Path) -> None:
    assert problems(tmp_path, with_turn_ids(fork()[:-3])) == []


def test_a_turn_of_a_fork_keeps_its_id_from_import_to_import(tmp_path: Path) -> None:
    own = uuid_7(FORKED_AT + timedelta(seconds=9))
    records = with_turn_ids(fork(turn_id=own))
    once, twice = (read(FORMAT, written(tmp_path / "f", records))[0] for _ in range(2))
    assert once[0].start.attempt_id == twice[0].start.attempt_id
