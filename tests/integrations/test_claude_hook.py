"""The hook of Claude Code: a hint for the prompt, the attempt at the stop, never an error."""

import asyncio
import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from integrations.attempts import APPROACHES, FAILING, HINT, PROBLEMS, Recorded
from integrations.claude_sessions import Session, solved
from sdk.stand_in import EventReader, StandInAdvisor
from support.ports import free_ports

from pilotfish.integrations import claude_hook
from pilotfish.integrations.claude_hook import ClaudeHook, claude_agent_hook
from pilotfish.integrations.claude_settings import approaches
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import ConfigurationError
from pilotfish.schemas.events import Event
from pilotfish.testing import MemoryClient


class World:
    """A project with a transcript, and a hook whose events stay in memory."""

    def __init__(self, folder: Path) -> None:
        self.project = folder / "project"
        (self.project / ".claude").mkdir(parents=True)
        self.session = Session()
        self.file = folder / "s1.jsonl"
        self.clients: list[MemoryClient] = []
        self.published: dict[str, Event] = {}
        self.approach: str | None = "plan"
        self.hook = ClaudeHook(self.connect, self.publish, "ann", folder / "hints")

    def allow(self, choices: Any = APPROACHES) -> None:
        file = self.project / ".claude/pilotfish.json"
        file.write_text(json.dumps({"approaches": choices}))

    def connect(self) -> MemoryClient:
        client = MemoryClient(advice_deadline_s=10)
        client.will_advise(self.approach)
        self.clients.append(client)
        return client

    def publish(self, events: Iterable[Event]) -> None:
        for event in events:
            known = self.published.setdefault(event.event_id, event)
            # The end comes with the last line, which may be written after its hook.
            assert known.model_copy(update={"at": event.at}) == event

    def submit(self, prompt: str) -> dict[str, Any]:
        return self.hook.answer(
            self.event("UserPromptSubmit", prompt=prompt, cwd=str(self.project))
        )

    def event(self, name: str, **more: Any) -> dict[str, Any]:
        self.file.write_text("\n".join(self.session.lines))
        about = {"session_id": "s1", "transcript_path": str(self.file)}
        return {"hook_event_name": name, **about, **more}

    def attempts(self) -> list[Recorded]:
        by_attempt: dict[str, list[Event]] = {}
        for event in self.published.values():
            by_attempt.setdefault(event.attempt_id, []).append(event)
        return [Recorded(events) for events in by_attempt.values()]


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    return World(tmp_path)


def test_a_prompt_gets_the_hint_and_its_attempt_the_mark(world: World) -> None:
    world.allow()
    assert world.submit("Fix the test") == {
        "hookSpecificOutput": {
            "hookEventName": "UserPromptSubmit",
            "additionalContext": HINT,
        }
    }
    (request,) = world.clients[0].requests
    assert (request.problem, request.approaches) == ("Fix the test", APPROACHES)
    assert world.clients[0].events == []
    solved(world.session, "Fix the test")
    assert world.hook.answer(world.event("Stop")) == {}
    (attempt,) = world.attempts()
    assert attempt.start.tenant == "ann"
    assert attempt.end.approach == "plan"
    assert attempt.end.hint is not None
    assert attempt.end.hint.request_id == request.request_id


def test_an_abstention_says_nothing_and_leaves_its_mark(world: World) -> None:
    world.allow()
    world.approach = None
    assert world.submit("Fix the test") == {}
    solved(world.session, "Fix the test")
    world.hook.answer(world.event("Stop"))
    end = world.attempts()[0].end
    assert end.approach is None and end.hint is not None


def test_what_was_found_is_advised_and_is_not_the_approach(world: World) -> None:
    world.allow("found")
    world.approach = "plan-show-b54a57"
    said = world.submit("Fix the test")["hookSpecificOutput"]["additionalContext"]
    assert "plan-show-b54a57" in said
    (request,) = world.clients[0].requests
    assert request.approaches == {}
    solved(world.session, "Fix the test")
    world.hook.answer(world.event("Stop"))
    end = world.attempts()[0].end
    assert end.approach is None
    assert end.hint is not None and end.hint.approach == "plan-show-b54a57"


def test_a_hint_that_an_older_version_kept_names_an_approach(world: World) -> None:
    world.allow()
    world.submit("Fix the test")
    (file,) = (world.project.parent / "hints").glob("*.json")
    hints = json.loads(file.read_text())
    for hint in hints.values():
        del hint["named"]
    file.write_text(json.dumps(hints))
    solved(world.session, "Fix the test")
    world.hook.answer(world.event("Stop"))
    assert world.attempts()[0].end.approach == "plan"


@pytest.mark.parametrize("none", [{}, "skills"])
def test_nothing_is_asked_of_an_empty_choice(world: World, none: Any) -> None:
    world.allow(none)
    assert world.submit("Fix the test") == {}
    assert world.clients == []


def test_nothing_is_asked_where_no_approach_is_named(world: World) -> None:
    assert world.submit("Fix the test") == {}
    assert world.clients == []


def test_twenty_turns_of_which_eight_fail(world: World) -> None:
    world.allow()
    for problem in PROBLEMS:
        world.submit(problem)
        if problem in FAILING:
            world.session.prompt(problem)
            world.session.error("invalid_request", "prompt is too long")
            world.hook.answer(world.event("StopFailure"))
        else:
            solved(world.session, problem)
            last = world.session.lines.pop()  # written after the hook
            world.hook.answer(world.event("Stop"))
            world.session.lines.append(last)
    world.hook.answer(world.event("SessionEnd"))
    attempts = {a.start.problem: a for a in world.attempts()}
    assert list(attempts) == PROBLEMS
    for problem, attempt in attempts.items():
        failed = problem in FAILING
        assert attempt.ends[-1].status == "unknown"
        assert [s.kind for s in attempt.signals] == ["exception"] * failed
        assert len(attempt.steps) == (0 if failed else 4)
        assert attempt.ends[-1].approach == "plan"


def test_a_stop_twice_doubles_nothing(world: World) -> None:
    solved(world.session, "Fix the test")
    world.hook.answer(world.event("Stop"))
    once = dict(world.published)
    world.hook.answer(world.event("Stop"))
    assert world.published == once


@pytest.mark.parametrize("named", [True, False])
def test_a_sub_agent_s_stop_reports_its_own_transcript(
    world: World, named: bool
) -> None:
    inner = Session("sub", of_sub_agent=True)
    solved(inner, "Review this")
    file = world.file.with_suffix("") / "subagents/agent-7.jsonl"
    file.parent.mkdir(parents=True)
    file.write_text("\n".join(inner.lines))
    more = {"agent_transcript_path": str(file)} if named else {}
    world.hook.answer(
        world.event("SubagentStop", agent_id="7", agent_type="reviewer", **more)
    )
    (attempt,) = world.attempts()
    assert attempt.start.problem == "Review this"
    assert attempt.end.approach == "reviewer"


def test_secrets_stay_in_the_transcript(world: World) -> None:
    solved(world.session, "Use sk-abcdefghijklmnopqrstuvwx")
    world.hook.answer(world.event("Stop"))
    assert world.attempts()[0].start.problem == "Use [key]"


def test_the_skills_and_sub_agents_can_be_the_approaches(world: World) -> None:
    claude = world.project / ".claude"
    (claude / "skills/tdd").mkdir(parents=True)
    (claude / "skills/tdd/SKILL.md").write_text(
        "---\nname: tdd\ndescription: >\n  Write a failing test first.\n---\n# TDD\n"
    )
    (claude / "agents").mkdir()
    (claude / "agents/reviewer.md").write_text(
        '---\nname: "reviewer"\ndescription: Reads a change.\ntools: Read\n---\n'
    )
    (claude / "agents/odd.md").write_text("no head")
    world.allow("skills")
    assert approaches(world.project) == {
        "tdd": "Write a failing test first.",
        "reviewer": "Reads a change.",
    }


@pytest.mark.parametrize("text", ["{", "[]", '{"approaches": 3}'])
def test_a_wrong_setting_is_named(world: World, text: str) -> None:
    file = world.project / ".claude/pilotfish.json"
    file.write_text(text)
    with pytest.raises(ConfigurationError, match=r"pilotfish\.json"):
        approaches(world.project)


BAD: list[bytes] = [
    b"",
    b"{",
    b"[]",
    b'{"hook_event_name": "Stop"}',
    b'{"hook_event_name": "Stop", "transcript_path": "/nowhere/x.jsonl"}',
    b'{"hook_event_name": "UserPromptSubmit", "cwd": "/nowhere"}',
    b'{"hook_event_name": "Other"}',
]


@pytest.mark.parametrize("given", BAD)
def test_whatever_is_wrong_the_agent_goes_on(
    given: bytes,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    monkeypatch.setenv("PILOTFISH_HOME", str(tmp_path))
    monkeypatch.setattr(sys, "argv", ["pilotfish-claude-hook"])
    stdin = io.TextIOWrapper(io.BytesIO(given))
    monkeypatch.setattr(sys, "stdin", stdin)
    claude_hook.main()
    said = capsys.readouterr()
    assert said.out == ""
    assert bool(said.err) == (given not in BAD[-2:])


def test_asked_for_help_it_says_where_it_belongs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["pilotfish-claude-hook", "--help"])
    claude_hook.main()
    assert ".claude/settings.json" in capsys.readouterr().err


def test_the_agent_sdk_calls_the_same(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claude_hook, "_hook", lambda: world.hook)
    world.allow()
    event = world.event("UserPromptSubmit", prompt="Fix it", cwd=str(world.project))
    answer = asyncio.run(claude_agent_hook(event, None, {"signal": None}))
    assert answer["hookSpecificOutput"]["additionalContext"] == HINT


Run = Callable[[dict[str, Any], str], subprocess.CompletedProcess[str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """The console script in a process of its own, as Claude Code starts it."""

    def start(event: dict[str, Any], kafka: str) -> subprocess.CompletedProcess[str]:
        variables = {"PILOTFISH_KAFKA": kafka, "PILOTFISH_HOME": str(tmp_path / "h")}
        return subprocess.run(
            [sys.executable, "-c", f"from {claude_hook.__name__} import main; main()"],
            input=json.dumps(event),
            env=os.environ | variables | {"PILOTFISH_TENANT": TENANT},
            capture_output=True,
            text=True,
            check=True,
        )

    return start


TENANT = "of-the-hook"


def test_over_kafka_the_prompt_is_advised_and_the_attempt_arrives(
    world: World, run: Run, settings: Settings
) -> None:
    ours = settings.model_copy(update={"tenant": TENANT})
    world.allow()
    with closing(EventReader(ours)) as reader, closing(StandInAdvisor(ours)) as advisor:
        advisor.advise = lambda _: "plan"
        event = world.event("UserPromptSubmit", prompt="Fix", cwd=str(world.project))
        # The deadline may pass on a busy machine.
        answers = (run(event, ours.kafka).stdout for _ in range(5))
        answer = json.loads(next(filter(None, answers)))
        assert answer["hookSpecificOutput"]["additionalContext"] == HINT
        solved(world.session, "Fix")
        done = run(world.event("Stop"), ours.kafka)
        assert (done.stdout, done.stderr) == ("", "")
        events = reader.until(lambda events: len(events) >= 6)
    attempt = Recorded(events)
    assert attempt.start.problem == "Fix"
    assert len(attempt.steps) == 4
    assert attempt.end.approach == "plan"


def test_without_kafka_it_says_so_and_returns(world: World, run: Run) -> None:
    world.allow()
    nowhere = f"127.0.0.1:{free_ports(1)[0]}"
    event = world.event("UserPromptSubmit", prompt="Fix", cwd=str(world.project))
    assert run(event, nowhere).stdout == ""
    solved(world.session, "Fix")
    done = run(world.event("Stop"), nowhere)
    assert done.stdout == ""
    assert "publishing" in done.stderr
