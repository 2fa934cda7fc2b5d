"""Transcripts of Codex: the lines of `~/.codex/sessions/**/rollout-*.jsonl`.

An attempt is a prompt of the user and what follows, up to the next prompt. Lines have their
content in `payload`; in the first versions they are that content themselves.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from pilotfish.schemas.attempt_log.reader import Record
from pilotfish.schemas.imports.attempt import Found
from pilotfish.schemas.imports.codex_turn import Turn, prompt_of
from pilotfish.schemas.imports.format import (
    Format,
    Sample,
    Source,
    Unread,
    of_attempts,
    unheard,
)
from pilotfish.schemas.imports.values import count, name
from pilotfish.schemas.json_in_text import mapping

_NAME: Final = "codex"
_KINDS: Final = ("session_meta", "response_item", "turn_context", "event_msg")
_KNOWN: Final = (
    *("message", "reasoning"),
    *("agent_message", "agent_reasoning", "agent_reasoning_raw_content"),
    *(
        "task_started",
        "turn_started",
        "exec_command_begin",
        "exec_command_output_delta",
    ),
    *(
        "mcp_tool_call_begin",
        "mcp_tool_call_end",
        "patch_apply_begin",
        "patch_apply_end",
    ),
    *("web_search_begin", "web_search_end", "item_started", "item_completed"),
)
"""What says nothing where there is no turn, and events that repeat what items say."""


def attempts_of(records: Iterable[Record], unread: Unread = unheard) -> Iterator[Found]:
    """Yield the attempts of a transcript, each when it is over, or its lines are.

    Args:
        records: the lines, as JSON; one that is odd counts as not there.
        unread: called with the kind of each line that is not read.
    """
    transcript = _Transcript()
    for record in records:
        line = mapping(record.value)
        if not transcript.learn(line):
            yield from transcript.add(record.place, line, unread)
    yield from transcript.end()


def _is_this(sample: Sample) -> bool:
    return any(_is_line(mapping(record)) for record in sample.records)


def _is_line(record: dict[str, Any]) -> bool:
    if record.get("type") in _KINDS and isinstance(record.get("payload"), dict):
        return True
    return "record_type" in record or (
        record.keys() >= {"id", "timestamp", "instructions"} and "type" not in record
    )


class _Transcript:
    """What is known of the session, and the turn that goes on."""

    def __init__(self) -> None:
        self._turn: Turn | None = None
        self._turns = self._total = self._own_from = 0
        self._session: dict[str, Any] = {}
        self._model = ""

    def learn(self, line: dict[str, Any]) -> bool:
        """Learn of the session; return whether the line is about that."""
        payload = mapping(line.get("payload"))
        is_first = "type" not in line and "instructions" in line
        if line.get("type") == "session_meta" or is_first:
            if not self._session:
                self._session = payload or line
                self._own_from = count(payload.get("subagent_history_start_ordinal"))
            return True
        if line.get("type") == "turn_context":
            self._model = name(payload.get("model")) or self._model
            return True
        return "record_type" in line

    def add(self, place: str, line: dict[str, Any], unread: Unread) -> Iterator[Found]:
        """Take a line; yield the turn that it puts an end to."""
        item = mapping(line.get("payload")) or line
        at, kind = line.get("timestamp"), name(item.get("type"))
        prompt = prompt_of(item)
        if kind == "token_count":
            self._count_tokens(item)
        elif self._is_copied(line):
            pass
        elif prompt is not None:
            if not (self._turn and self._turn.repeats(prompt, kind)):
                yield from self._over(followed=True)
                self._turns += 1
                self._turn = Turn(place, prompt, at, self._turns)
        elif not (self._turn and self._turn.add(item, kind, at)) and kind not in _KNOWN:
            unread(place, f"lines of type {kind or name(line.get('type')) or '?'}")
        if self._turn:
            self._turn.model = self._turn.model or self._model

    def end(self) -> Iterator[Found]:
        """Yield the turn that was going on when the lines ended."""
        yield from self._over(followed=False)

    def _is_copied(self, line: dict[str, Any]) -> bool:
        """Return whether a sub-agent has the line from the agent that started it."""
        return "ordinal" in line and count(line["ordinal"]) < self._own_from

    def _over(self, *, followed: bool) -> Iterator[Found]:
        if self._turn:
            yield Found(
                self._turn.place, self._turn.fields(self._session, followed=followed)
            )
        self._turn = None

    def _count_tokens(self, item: dict[str, Any]) -> None:
        """Count what is new: the same total is often told twice, and begins anew."""
        info = mapping(item.get("info"))
        total = count(mapping(info.get("total_token_usage")).get("total_tokens"))
        last = count(mapping(info.get("last_token_usage")).get("total_tokens"))
        new = total - self._total if total >= self._total > 0 else last or total
        self._total = total or self._total
        if self._turn and new > 0:
            self._turn.spend(new)


def _attempts(source: Source) -> Iterator[Found]:
    return attempts_of(source.records(), source.findings.ignore)


FORMAT: Final = Format(
    _NAME,
    "transcripts of Codex, ~/.codex/sessions/**/rollout-*.jsonl",
    _is_this,
    of_attempts(_NAME, _attempts),
    note="transcripts name no outcome; what test runs exited with is evidence of it",
)
