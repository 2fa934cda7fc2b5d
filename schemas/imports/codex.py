"""Transcripts of Codex: the lines of `~/.codex/sessions/**/rollout-*.jsonl`.

An attempt is a prompt of the user and what follows, up to the next prompt. Lines have their
content in `payload`; in the first versions they are that content themselves.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from pilotfish.schemas.attempt_log.reader import Record
from pilotfish.schemas.imports.attempt import Found
from pilotfish.schemas.imports.codex_fork import Fork
from pilotfish.schemas.imports.codex_turn import Turn, prompt_of
from pilotfish.schemas.imports.codex_usage import Usage
from pilotfish.schemas.imports.format import (
    Format,
    Sample,
    Source,
    Unread,
    of_attempts,
    unheard,
)
from pilotfish.schemas.imports.values import count, moment, name
from pilotfish.schemas.json_in_text import mapping
from pilotfish.schemas.prices import cost

_NAME: Final = "codex"
_KINDS: Final = ("session_meta", "response_item", "turn_context", "event_msg")
_KNOWN: Final = (
    *("message", "reasoning"),
    *("agent_message", "agent_reasoning", "agent_reasoning_raw_content"),
    *("task_started", "turn_started"),
    *("exec_command_begin", "exec_command_output_delta"),
    *(
        "mcp_tool_call_begin",
        "mcp_tool_call_end",
        "patch_apply_begin",
        "patch_apply_end",
    ),
    *("web_search_begin", "web_search_end", "item_started", "item_completed"),
)
"""What says nothing where there is no turn, and events that repeat what items say."""
_STARTS: Final = ("task_started", "turn_started")


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
        self._turns = self._own_from = 0
        self._session: dict[str, Any] = {}
        self._fork = Fork({}, None)
        self._usage = Usage()
        self._model = ""

    def learn(self, line: dict[str, Any]) -> bool:
        """Learn of the session; return whether the line is about that."""
        payload = mapping(line.get("payload"))
        is_first = "type" not in line and "instructions" in line
        if line.get("type") == "session_meta" or is_first:
            if not self._session:
                self._session = payload or line
                self._fork = Fork(self._session, line.get("timestamp"))
                self._own_from = count(payload.get("subagent_history_start_ordinal"))
            return True
        if line.get("type") == "turn_context":
            self._model = name(payload.get("model")) or self._model
            self._reach(payload, None)
            return True
        return "record_type" in line

    def add(self, place: str, line: dict[str, Any], unread: Unread) -> Iterator[Found]:
        """Take a line; yield the turn that it puts an end to."""
        item = mapping(line.get("payload")) or line
        at, kind = line.get("timestamp"), name(item.get("type"))
        prompt = prompt_of(item)
        if kind in _STARTS or prompt is not None:
            self._reach(item, at, is_prompt=prompt is not None)
        if kind == "token_count":
            self._count_tokens(item, at)
        elif self._is_copied(line):
            pass
        elif prompt is not None:
            if not (self._turn and self._turn.repeats(prompt, kind)):
                yield from self._over(followed=True)
                self._begin(place, prompt, at)
        elif self._says_nothing(item, kind, at):
            unread(place, f"lines of type {kind or name(line.get('type')) or '?'}")
        if self._turn:
            self._turn.model = self._turn.model or self._model

    def end(self) -> Iterator[Found]:
        """Yield the turn that was going on when the lines ended."""
        yield from self._over(followed=False)

    def _begin(self, place: str, prompt: str, at: object) -> None:
        self._turns += 1
        self._turn = Turn(place, prompt, at, self._turns)
        self._turn.is_copied = self._fork.is_copied

    def _says_nothing(self, item: dict[str, Any], kind: str, at: object) -> bool:
        """Give a line to the turn; return whether it is of a kind that is not read."""
        taken = self._turn is not None and self._turn.add(item, kind, at)
        return not (taken or kind in _KNOWN or self._fork.is_copied)

    def _is_copied(self, line: dict[str, Any]) -> bool:
        """Return whether a sub-agent has the line from the agent that started it."""
        return "ordinal" in line and count(line["ordinal"]) < self._own_from

    def _reach(
        self, item: dict[str, Any], at: object, *, is_prompt: bool = False
    ) -> None:
        """Notice where a fork's own turns begin, perhaps just after a first prompt."""
        reached = self._fork.reaches(item, at, is_prompt=is_prompt)
        if reached and self._turn and self._turn.is_new:
            self._turn.is_copied = False

    def _over(self, *, followed: bool) -> Iterator[Found]:
        if self._turn and not self._turn.is_copied:
            yield Found(
                self._turn.place, self._turn.fields(self._session, followed=followed)
            )
        self._turn = None

    def _count_tokens(self, item: dict[str, Any], at: object) -> None:
        new = self._usage.new(item)
        if self._turn and new.total > 0:
            model = self._turn.model or self._model
            self._turn.spend(new, cost(model, new, at=moment(at)))


def _attempts(source: Source) -> Iterator[Found]:
    return attempts_of(source.records(), source.findings.ignore)


FORMAT: Final = Format(
    _NAME,
    "transcripts of Codex, ~/.codex/sessions/**/rollout-*.jsonl",
    _is_this,
    of_attempts(_NAME, _attempts),
    note="transcripts name no outcome; what test runs exited with is evidence of it",
)
