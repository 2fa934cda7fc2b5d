"""Transcripts as attempts: problems, steps, measures and outcomes, the same each time."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from integrations.attempts import Recorded
from integrations.claude_sessions import MODEL, Session, call, solved, text

from pilotfish.integrations.claude_transcript import events_of_transcript
from pilotfish.schemas.events import HintMark

TURN: list[tuple[str, str]] = [
    ("thought", MODEL),
    ("action", "Bash"),
    ("observation", "Bash"),
    ("answer", MODEL),
]


def attempts(session: Session, **more: Any) -> list[Recorded]:
    read = events_of_transcript(session.lines, **more)
    assert (read.unreadable, read.reason) == (0, "")
    return [Recorded(events) for events in read.attempts]


@pytest.fixture
def session() -> Session:
    return Session()


def test_each_prompt_is_an_attempt(session: Session) -> None:
    first = solved(session, "Fix the test")
    second = solved(session, "Now the other one")
    one, two = attempts(session, tenant="ann")
    assert (one.start.attempt_id, two.start.attempt_id) == (first, second)
    assert (one.start.problem, two.start.problem) == (
        "Fix the test",
        "Now the other one",
    )
    assert one.shape == two.shape == TURN
    assert one.start.tenant == one.end.tenant == "ann"
    assert one.start.attributes == {"session.id": "s1"}
    assert one.start.agent.model_dump() == {
        "name": "claude-code",
        "version": "2.1.319",
        "model": MODEL,
    }
    assert one.end.status == "unknown"


def test_steps_have_content_time_and_measures(session: Session) -> None:
    solved(session, "Fix the test")
    (attempt,) = attempts(session)
    thought, action, observation, answer = attempt.steps
    assert thought.content == "I look first."
    assert action.content == '{"command": "ls"}'
    assert (observation.content, observation.duration_s) == ("a.py", 1.0)
    assert answer.content == "It is done."
    # Once for a message, though each of its blocks repeats the usage.
    assert [s.tokens for s in attempt.steps] == [1150, 0, 0, 1150]
    assert thought.cost == pytest.approx(100 * 3e-6 + 1000 * 0.3e-6 + 50 * 15e-6)
    assert [s.at.second for s in attempt.steps] == [2, 3, 4, 5]


def test_reading_again_and_further_gives_the_same_events(session: Session) -> None:
    solved(session, "Fix the test")
    whole = events_of_transcript(session.lines).attempts[0]
    assert events_of_transcript(session.lines).attempts[0] == whole
    part = events_of_transcript(session.lines[:4]).attempts[0]
    assert part[:-1] == whole[: len(part) - 1]
    assert len({event.event_id for event in whole}) == len(whole)


def test_what_nobody_asked_begins_no_attempt(session: Session) -> None:
    session.says("m0", text("before any prompt"))
    solved(session, "Fix the test")
    session.prompt("Caveat: ...", isMeta=True)
    session.prompt("<local-command-stdout>ok</local-command-stdout>")
    session.prompt("This session is being continued", isCompactSummary=True)
    session.lines += ["", '{"type":"summary","summary":"x"}', '{"type":"system"}']
    assert [a.start.problem for a in attempts(session)] == ["Fix the test"]


def test_an_interrupt_abandons(session: Session) -> None:
    solved(session, "Fix the test")
    session.prompt("[Request interrupted by user]")
    assert attempts(session)[0].end.status == "abandoned"


@pytest.mark.parametrize(
    ("kind", "status", "signal"),
    [
        ("rate_limit", "infrastructure", "infrastructure"),
        ("overloaded", "infrastructure", "infrastructure"),
        ("invalid_request", "failed", "exception"),
    ],
)
def test_an_error_of_the_provider_ends_an_attempt(
    session: Session, kind: str, status: str, signal: str
) -> None:
    session.prompt("Fix the test")
    session.error(kind, "API Error: no")
    (attempt,) = attempts(session)
    assert attempt.end.status == status
    assert attempt.end.reason == "API Error: no"
    assert [s.kind for s in attempt.signals] == [signal]
    assert attempt.steps == []


@pytest.mark.parametrize(
    ("tool", "arguments", "approach"),
    [
        ("Task", {"subagent_type": "reviewer", "prompt": "look"}, "reviewer"),
        ("Skill", {"skill": "tdd"}, "tdd"),
        ("Bash", {"command": "ls"}, "plan"),
    ],
)
def test_the_approach_is_what_was_used_else_the_hint_s(
    session: Session, tool: str, arguments: dict[str, str], approach: str
) -> None:
    session.prompt("Fix the test")
    session.says("m1", call("c1", tool, **arguments))
    hints = {"Fix the test": HintMark(request_id="r", approach="plan", propensity=0.5)}
    (attempt,) = attempts(session, hint_of=hints.get)
    assert attempt.end.approach == approach
    assert attempt.end.hint == hints["Fix the test"]


def test_a_sub_agent_s_transcript_is_an_attempt_of_its_type() -> None:
    session = Session("sub", of_sub_agent=True)
    solved(session, "Review this")
    (attempt,) = attempts(session, approach="reviewer")
    assert attempt.shape == TURN
    assert attempt.end.approach == "reviewer"


def test_sub_agents_between_the_lines_are_left_out(session: Session) -> None:
    solved(session, "Fix the test")
    inner = Session("sub", of_sub_agent=True)
    solved(inner, "Review this")
    session.lines += inner.lines
    assert [a.start.problem for a in attempts(session)] == ["Fix the test"]


def test_texts_are_redacted_and_cut(session: Session) -> None:
    session.prompt("token " * 20_000)
    session.says("m1", call("c1", "Bash", command="echo token"))
    session.returns("c1", "token " + "x" * 300_000)
    (attempt,) = attempts(session, redact=lambda text: text.replace("token", "[t]"))
    written = "".join(event.model_dump_json() for event in attempt.events)
    assert "token " not in written
    assert len(attempt.start.problem) == 64 * 1024
    assert attempt.steps[1].truncated


def test_bad_lines_are_counted_and_the_rest_is_read(session: Session) -> None:
    solved(session, "Fix the test")
    bad = ["{", "[1]", '{"type":"user","message":{},"uuid":"u","timestamp":"soon"}']
    read = events_of_transcript([*bad[:1], *session.lines, *bad[1:]])
    assert len(read.attempts) == 1
    assert read.unreadable == 3
    assert read.reason


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
)


@given(content=JSON, usage=JSON, message_id=JSON, more=JSON)
def test_an_odd_message_never_raises(
    content: Any, usage: Any, message_id: Any, more: Any
) -> None:
    session = Session()
    session.prompt("Fix the test")
    message = {"id": message_id, "content": content, "usage": usage, "model": more}
    session.entry("assistant", message, error=more)
    block = {"type": "tool_use", "id": more, "name": more, "input": content}
    session.entry("assistant", {"id": message_id, "content": [block, usage]})
    session.entry("user", {"content": [{"type": "tool_result", "content": content}]})
    events_of_transcript(session.lines)


def test_a_real_file_is_read_line_by_line(session: Session, tmp_path: Path) -> None:
    solved(session, "Fix the test")
    file = tmp_path / "s1.jsonl"
    file.write_text("\n".join(session.lines) + "\n")
    with file.open() as lines:
        assert len(events_of_transcript(lines).attempts) == 1
