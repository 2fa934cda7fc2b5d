"""One turn of a Claude Code transcript: a prompt, and the steps and signals after it."""

from typing import Any, Final

from pilotfish.schemas.imports.attempt import Fields
from pilotfish.schemas.imports.chat import USER, answered, said
from pilotfish.schemas.imports.claude_signals import exit_status, failure
from pilotfish.schemas.imports.claude_user import INTERRUPTED, Prompt
from pilotfish.schemas.imports.values import (
    count,
    mappings,
    name,
    seconds_between,
    text,
)
from pilotfish.schemas.json_in_text import mapping
from pilotfish.schemas.prices import Tokens, cost

SUB_AGENTS: Final = ("Task", "Agent")
"""Tools that start a sub-agent."""

_CALLS: Final = ("tool_use", "server_tool_use", "mcp_tool_use")
_DONE: Final = ("end_turn", "stop_sequence", "refusal")
_SYNTHETIC: Final = "<synthetic>"
"""The model of messages that Claude Code made up itself."""


class Turn:
    """A turn so far.

    Args:
        place: of its prompt.
        line: with the prompt.
        prompt: what was asked.
        agent: who was asked.
        number: of the turn, from 1; its name where the line has none.
    """

    def __init__(
        self, place: str, line: dict[str, Any], prompt: Prompt, agent: str, number: int
    ) -> None:
        self.place = place
        self._prompt, self._line, self._agent = prompt, line, agent
        self._id = name(line.get("uuid")) or f"{name(line.get('sessionId'))}/{number}"
        self._steps: list[Fields] = []
        self._signals: list[Fields] = []
        self._calls: dict[str, tuple[Fields, object]] = {}
        self._counted: dict[str, Fields] = {}
        self._model = self._approach = ""
        self._end: Fields | None = None
        self._last: object = line.get("timestamp")

    @property
    def counts(self) -> bool:
        """Whether it is an attempt: a command like `/clear` asks the agent for nothing."""
        return bool(self._steps) or not self._prompt.is_command

    def add(self, line: dict[str, Any]) -> None:
        """Take a line of this turn."""
        self._last = line.get("timestamp") or self._last
        message = mapping(line.get("message"))
        if line.get("type") == "assistant" and line.get("isApiErrorMessage"):
            self._failed(line, text(message.get("content")))
        elif line.get("type") == "assistant":
            self._assistant(line, message)
        elif line.get("type") == "attachment":
            self._attached(line)
        elif not line.get("isMeta") and not line.get("isCompactSummary"):
            self._user(line, message.get("content"))

    def fields(self, *, followed: bool) -> Fields:
        """Return what is told of the attempt; `followed` says that another prompt came."""
        session = name(self._line.get("sessionId"))
        ended = followed or self._end is not None
        return {
            "id": self._id,
            "problem": self._prompt.text,
            "agent": self._agent,
            "version": self._line.get("version"),
            "model": self._model,
            "approach": self._approach,
            "attributes": {"session.id": session} if session else {},
            "steps": answered(self._steps) if ended else self._steps,
            "signals": self._signals,
            "at": self._line.get("timestamp"),
            "ended_at": self._last,
            "ended": ended,
            **(self._end or {}),
        }

    def _assistant(self, line: dict[str, Any], message: dict[str, Any]) -> None:
        if message.get("model") == _SYNTHETIC:
            return
        self._end = {} if message.get("stop_reason") in _DONE else None
        self._model = self._model or name(message.get("model"))
        before = len(self._steps)
        content = message.get("content")
        if isinstance(content, str):
            content = [{"type": "text", "text": content}]
        for number, block in enumerate(mappings(content)):
            self._block(line, block, f"{name(line.get('uuid'))}/{number}")
        self._count_tokens(message, self._steps[before:])

    def _block(self, line: dict[str, Any], block: dict[str, Any], key: str) -> None:
        kind, at = block.get("type"), line.get("timestamp")
        if kind == "thinking" and block.get("thinking"):
            self._step("thought", "", text(block["thinking"]), at, key)
        elif kind == "text" and block.get("text"):
            self._steps.append(said(text(block["text"]), at=at, key=key))
        elif kind in _CALLS:
            self._call(block, at)

    def _call(self, block: dict[str, Any], at: object) -> None:
        called, given = name(block.get("name")), mapping(block.get("input"))
        if called == "Skill":
            self._approach = self._approach or name(given.get("skill"))
        if called in SUB_AGENTS:
            self._approach = self._approach or name(given.get("subagent_type"))
        key = name(block.get("id"))
        self._step("action", called, text(block.get("input")), at, key)
        self._calls[key] = self._steps[-1], given

    def _count_tokens(self, message: dict[str, Any], new: list[Fields]) -> None:
        """Count a message's tokens once: its lines repeat them, the last with all."""
        message_id, usage = name(message.get("id")), mapping(message.get("usage"))
        step = self._counted.get(message_id) or (new[0] if new else None)
        if step is None:
            return
        if message_id:
            self._counted[message_id] = step
        tokens = _tokens(usage)
        if tokens.total > step.get("tokens", 0):
            step["tokens"] = tokens.total
            step["cost"] = cost(name(message.get("model")), tokens)

    def _user(self, line: dict[str, Any], content: object) -> None:
        results = [b for b in mappings(content) if b.get("type") == "tool_result"]
        for result in results:
            self._result(result, line.get("timestamp"))
        if isinstance(content, list):
            content = [block for block in content if block not in results]
        if INTERRUPTED in text(content):
            self._end = {"status": "abandoned", "reason": "interrupted by the user"}

    def _result(self, result: dict[str, Any], at: object) -> None:
        key = name(result.get("tool_use_id"))
        call, given = self._calls.pop(key, ({}, {}))
        call["duration_s"] = seconds_between(call.get("at"), at)
        called = call.get("name") or "tool"
        self._step(
            "observation", called, text(result.get("content")), at, f"{key}/result"
        )
        if signal := exit_status(call, given, result):
            self._signals.append({**signal, "at": at, "key": f"{key}/exit"})

    def _failed(self, line: dict[str, Any], content: str) -> None:
        signal = failure(line, content)
        self._signals.append(signal)
        infrastructure = signal["kind"] == "infrastructure"
        status = "infrastructure" if infrastructure else "unknown"
        self._end = {"status": status, "reason": signal["detail"]}

    def _attached(self, line: dict[str, Any]) -> None:
        """Take what the user typed while the agent worked."""
        attachment = mapping(line.get("attachment"))
        words = text(attachment.get("prompt"))
        if attachment.get("type") == "queued_command" and words[:1] not in ("", "<"):
            at = line.get("timestamp")
            self._step("observation", USER, words, at, name(line.get("uuid")))

    def _step(
        self, kind: str, called: object, content: str, at: object, key: str
    ) -> None:
        self._steps.append(
            {"kind": kind, "name": called, "content": content, "at": at, "key": key}
        )


def _tokens(usage: dict[str, Any]) -> Tokens:
    """Return the tokens of a message; in a transcript, the cache's are beside the input."""
    written = count(usage.get("cache_creation_input_tokens"))
    read = count(usage.get("cache_read_input_tokens"))
    return Tokens(
        input=count(usage.get("input_tokens")) + written + read,
        output=count(usage.get("output_tokens")),
        cache_read=read,
        cache_write=written,
    )
