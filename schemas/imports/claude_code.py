"""Transcripts of Claude Code: the lines of `~/.claude/projects/**/*.jsonl`.

An attempt is a prompt of the user and what follows, up to the next prompt. What Claude Code
itself puts into the user's mouth (results of tools, output of commands, summaries of a
compacted conversation) is no prompt. A sub-agent's lines, in the file or in one of their
own, are an attempt of their own: its problem is what it was told to do.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from pilotfish.schemas.attempt_log.reader import Record
from pilotfish.schemas.imports.attempt import Found
from pilotfish.schemas.imports.claude_turn import SUB_AGENTS, Turn
from pilotfish.schemas.imports.claude_user import prompt_of
from pilotfish.schemas.imports.format import (
    Format,
    Sample,
    Source,
    Unread,
    of_attempts,
    unheard,
)
from pilotfish.schemas.imports.values import mappings, name, text
from pilotfish.schemas.json_in_text import mapping

_NAME: Final = "claude-code"
_MAIN: Final = ""
"""The thread of the user's own conversation."""


def attempts_of(records: Iterable[Record], unread: Unread = unheard) -> Iterator[Found]:
    """Yield the attempts of a transcript, each when it is over, or its lines are.

    Args:
        records: the lines, as JSON; one that is odd counts as not there.
        unread: called with the kind of each line that is not read.
    """
    transcript = _Transcript()
    for record in records:
        line = mapping(record.value)
        if line.get("type") in ("user", "assistant", "attachment"):
            yield from transcript.add(record.place, line)
        elif not _ends_turn(line):
            unread(record.place, f"lines of type {_type(line)}")
    yield from transcript.end()


def _is_this(sample: Sample) -> bool:
    return any(isinstance(r, dict) and _is_line(r) for r in sample.records)


def _is_line(record: dict[str, Any]) -> bool:
    kind = record.get("type")
    if kind in ("user", "assistant"):
        return "sessionId" in record and "message" in record
    return (kind == "summary" and "leafUuid" in record) or (
        kind == "file-history-snapshot"
    )


def _ends_turn(line: dict[str, Any]) -> bool:
    return line.get("type") == "system" and line.get("subtype") == "turn_duration"


def _type(line: dict[str, Any]) -> str:
    names = (name(line.get("type")), name(line.get("subtype")))
    return "/".join(filter(None, names)) or "?"


class _Transcript:
    """The turns that are going on: one of the user, and one of each sub-agent."""

    def __init__(self) -> None:
        self._turns: dict[str, Turn] = {}
        self._thread_of: dict[str, str] = {}
        self._sub_agents: dict[str, str] = {}
        self._turns_begun = 0

    def add(self, place: str, line: dict[str, Any]) -> Iterator[Found]:
        """Take a line; yield the turn that it puts an end to."""
        thread = self._thread(line)
        prompt = prompt_of(line)
        if prompt is not None:
            yield from self._over(thread, followed=True)
            self._turns_begun += 1
            agent = self._agent(line, thread, prompt.text)
            turn = Turn(place, line, prompt, agent, self._turns_begun)
            self._turns[thread] = turn
        elif thread in self._turns:
            self._turns[thread].add(line)
            self._remember_sub_agents(line)

    def end(self) -> Iterator[Found]:
        """Yield the turns that were going on when the lines ended."""
        for thread in list(self._turns):
            yield from self._over(thread, followed=False)

    def _over(self, thread: str, *, followed: bool) -> Iterator[Found]:
        turn = self._turns.pop(thread, None)
        if turn is not None and turn.counts:
            yield Found(turn.place, turn.fields(followed=followed))

    def _thread(self, line: dict[str, Any]) -> str:
        """Return whose line it is: in older versions, sub-agents are known by their first."""
        if not line.get("isSidechain"):
            return _MAIN
        uuid = name(line.get("uuid"))
        before = self._thread_of.get(name(line.get("parentUuid")), uuid)
        thread = name(line.get("agentId")) or before
        self._thread_of[uuid] = thread
        return thread

    def _agent(self, line: dict[str, Any], thread: str, prompt: str) -> str:
        if thread == _MAIN:
            return _NAME
        kind = name(line.get("attributionAgent")) or self._sub_agents.get(prompt)
        return f"{_NAME}/{kind or 'sub-agent'}"

    def _remember_sub_agents(self, line: dict[str, Any]) -> None:
        for block in mappings(mapping(line.get("message")).get("content")):
            called = mapping(block.get("input"))
            if block.get("name") in SUB_AGENTS and called.get("subagent_type"):
                prompt = text(called.get("prompt")).strip()
                self._sub_agents[prompt] = name(called["subagent_type"])


def _attempts(source: Source) -> Iterator[Found]:
    return attempts_of(source.records(), source.findings.ignore)


FORMAT: Final = Format(
    _NAME,
    "transcripts of Claude Code, ~/.claude/projects/**/*.jsonl",
    _is_this,
    of_attempts(_NAME, _attempts),
    note="transcripts name no outcome; what test runs exited with is evidence of it",
)
