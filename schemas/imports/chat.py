"""Messages of OpenAI's APIs, which many formats have inside, as an attempt's steps.

The first message of the user is the problem; later ones are observations. What the
assistant says on its way is a thought, and what it says last the answer.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from pilotfish.schemas.imports.attempt import Fields
from pilotfish.schemas.imports.values import mappings, name, text
from pilotfish.schemas.json_in_text import mapping

USER: Final = "user"
_TIMES: Final = ("timestamp", "created_at", "ts")
_REASONING: Final = ("reasoning_content", "reasoning")


def conversation(messages: Iterable[dict[str, Any]]) -> Fields:
    """Return the problem and the steps of a conversation; system messages are no part of it."""
    chat = _Conversation()
    for message in messages:
        chat.add(message)
    return {"problem": chat.problem, "steps": answered(chat.steps)}


def answered(steps: list[Fields]) -> list[Fields]:
    """Make an answer of what was said last, if nothing was done after it."""
    if steps and steps[-1].get("kind") == "thought" and steps[-1].pop("said", False):
        steps[-1]["kind"] = "answer"
    for step in steps:
        step.pop("said", None)
    return steps


def said(content: object, **fields: Any) -> Fields:
    """Return a thought that is the answer if nothing follows it."""
    return {"kind": "thought", "content": content, "said": True, **fields}


class _Conversation:
    """A conversation so far; `problem` is None until the user has said something."""

    def __init__(self) -> None:
        self.problem: str | None = None
        self.steps: list[Fields] = []
        self._tools: dict[str, str] = {}

    def add(self, message: dict[str, Any]) -> None:
        role = message.get("role")
        at = next((message[key] for key in _TIMES if message.get(key)), None)
        content = text(message.get("content"))
        if role == USER and self.problem is None:
            self.problem = content or None
        elif role == USER:
            self._step("observation", USER, content, at)
        elif role in ("tool", "function"):
            self._step("observation", self._tool(message), content, at)
        elif role == "assistant":
            self._assistant(message, content, at)
        elif role is None:
            self._items(message, at)

    def _items(self, message: dict[str, Any], at: object) -> None:
        """Add what the Responses API puts in place of messages."""
        for item in mappings(message.get("output")):
            kind = item.get("type")
            if kind == "message":
                self.steps.append(said(text(item.get("content")), at=at))
            elif kind == "reasoning" and (thought := text(item.get("summary"))):
                self._step("thought", "", thought, at)
            elif kind == "function_call":
                self._tools[name(item.get("call_id"))] = name(item.get("name"))
                given = text(item.get("arguments"))
                self._step("action", item.get("name"), given, at)
        if message.get("type") == "function_call_output":
            called = self._tools.get(name(message.get("call_id"))) or "tool"
            self._step("observation", called, text(message.get("output")), at)

    def _assistant(self, message: dict[str, Any], content: str, at: object) -> None:
        reasoning = next((text(message[k]) for k in _REASONING if message.get(k)), "")
        if reasoning:
            self._step("thought", "", reasoning, at)
        if content:
            self.steps.append(said(content, at=at))
        for call, arguments in _calls(message):
            self._tools[name(call.get("id"))] = name(arguments.get("name"))
            self._step(
                "action", arguments.get("name"), text(arguments.get("arguments")), at
            )

    def _tool(self, message: dict[str, Any]) -> object:
        called = self._tools.get(name(message.get("tool_call_id")))
        return message.get("name") or called or "tool"

    def _step(self, kind: str, called: object, content: str, at: object) -> None:
        self.steps.append({"kind": kind, "name": called, "content": content, "at": at})


def _calls(message: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Yield the tool calls of a message, each with its name and arguments."""
    for call in mappings(message.get("tool_calls")):
        # Custom tools have their text in `input`.
        custom = mapping(call.get("custom"))
        function = mapping(call.get("function"))
        yield call, function or {**custom, "arguments": custom.get("input")}
    if legacy := mapping(message.get("function_call")):
        yield {}, legacy
