"""One prompt to Claude Code and what came of it, as the events of an attempt."""

import json
from collections.abc import Callable, Iterator
from typing import Final

from pilotfish.integrations.claude_entry import (
    Block,
    Entry,
    blocks,
    message_id,
    outcome_of,
    text_of,
    tokens_of,
)
from pilotfish.integrations.prices import cost
from pilotfish.schemas.events import (
    MAX_CONTENT,
    MAX_DETAIL,
    MAX_PROBLEM,
    Agent,
    AttemptEnded,
    AttemptStarted,
    Event,
    HintMark,
    SignalRecorded,
    StepKind,
    StepRecorded,
)
from pilotfish.schemas.fitting import fitting
from pilotfish.schemas.ids import MAX_NAME
from pilotfish.schemas.texts import cut, encodable

AGENT: Final = "claude-code"
_NO_MODEL: Final = "<synthetic>"
_CALLED: Final = {"Agent": "subagent_type", "Task": "subagent_type", "Skill": "skill"}
"""Tools that call a sub-agent or load a skill -> the argument that names it."""


class Turn:
    """Reads one turn.

    Args:
        entries: the prompt, then what came of it.
        tenant: whose transcript it is.
        redact: applied to every text.
    """

    def __init__(
        self, entries: list[Entry], tenant: str, redact: Callable[[str], str]
    ) -> None:
        self._prompt, *self._rest = entries
        self._of = {"tenant": tenant, "attempt_id": self._prompt["uuid"]}
        self._redact = redact
        self._calls: dict[str, Entry] = {}
        self._call_names: dict[str, str] = {}
        self._counted: set[str] = set()
        self._approach: str | None = None
        self._callers = {
            message_id(entry)
            for entry in self._rest
            if any(block.get("type") == "tool_use" for block in blocks(entry))
        }

    def events(
        self, hint_of: Callable[[str], HintMark | None], approach: str | None
    ) -> list[Event]:
        """Return the events of the attempt.

        Raises:
            ValidationError: an id or a time is none.
        """
        problem = text_of(blocks(self._prompt))
        events: list[Event] = [self._started(problem)]
        for entry in self._rest:
            events += self._steps(entry)
        hint = hint_of(problem)
        used = approach or self._approach or (hint.approach if hint else None)
        return [*events, *self._ended(used, hint)]

    def _started(self, problem: str) -> AttemptStarted:
        models = (entry["message"].get("model") for entry in self._rest)
        model = next((str(m) for m in models if m and m != _NO_MODEL), "")
        version = str(self._prompt.get("version") or "")
        session = self._prompt.get("sessionId")
        return AttemptStarted(
            **self._of,
            event_id=f"{self._prompt['uuid']}:start",
            at=self._prompt["at"],
            problem=self._text(problem, MAX_PROBLEM),
            agent=Agent(name=AGENT, version=version[:MAX_NAME], model=model[:MAX_NAME]),
            attributes={"session.id": str(session)} if session else {},
        )

    def _steps(self, entry: Entry) -> Iterator[StepRecorded]:
        for number, block in enumerate(blocks(entry)):
            kind, name, content, seconds = self._read(entry, block)
            if kind is None or not (content or kind == "observation"):
                continue
            text = encodable(self._redact(content))
            tokens, price = self._usage(entry)
            step = StepRecorded(
                **self._of,
                event_id=f"{entry['uuid']}:{number}",
                at=entry["at"],
                kind=kind,
                name=name[:MAX_NAME] or "tool",
                content=cut(text, MAX_CONTENT),
                truncated=len(text.encode()) > MAX_CONTENT,
                duration_s=seconds,
                tokens=tokens,
                cost=price,
            )
            yield fitting(step)

    def _read(
        self, entry: Entry, block: Block
    ) -> tuple[StepKind | None, str, str, float | None]:
        """Return kind, name, content and duration of a block; no kind if it is no step."""
        message, kind = entry["message"], block.get("type")
        model = str(message.get("model") or "model")
        if kind == "tool_result":
            call_id = str(block.get("tool_use_id"))
            called = self._calls.get(call_id, entry)["at"]
            seconds = max((entry["at"] - called).total_seconds(), 0.0)
            name = self._call_names.get(call_id, "tool")
            return "observation", name, text_of(block.get("content")), seconds
        if entry["type"] == "user" or entry.get("isApiErrorMessage"):
            return None, "", "", None
        if kind == "tool_use":
            return "action", self._called(entry, block), _json(block), None
        if kind == "thinking":
            return "thought", model, str(block.get("thinking") or ""), None
        is_thought = message_id(entry) in self._callers
        return "thought" if is_thought else "answer", model, text_of([block]), None

    def _called(self, entry: Entry, block: Block) -> str:
        name, arguments = str(block.get("name")), block.get("input")
        self._calls[str(block.get("id"))] = entry
        self._call_names[str(block.get("id"))] = name
        if self._approach is None and name in _CALLED and isinstance(arguments, dict):
            self._approach = str(arguments.get(_CALLED[name]) or "")[:MAX_NAME] or None
        return name

    def _usage(self, entry: Entry) -> tuple[int, float]:
        """Return tokens and cost of a message, once: its blocks are entries of their own."""
        if message_id(entry) in self._counted:
            return 0, 0.0
        self._counted.add(message_id(entry))
        message = entry["message"]
        tokens = tokens_of(message)
        return tokens.total, cost(str(message.get("model") or ""), tokens)

    def _ended(self, approach: str | None, hint: HintMark | None) -> Iterator[Event]:
        last = (self._rest or [self._prompt])[-1]
        status, said = outcome_of(last)
        reason = self._text(said, MAX_DETAIL)
        about = {**self._of, "at": last["at"]}
        if status in ("failed", "infrastructure"):
            yield SignalRecorded(
                **about,
                event_id=f"{last['uuid']}:signal",
                kind="exception" if status == "failed" else "infrastructure",
                value=0.0 if status == "failed" else None,
                detail=reason,
            )
        yield AttemptEnded(
            **about,
            event_id=f"{last['uuid']}:end",
            status=status,
            reason=reason,
            approach=approach,
            hint=hint,
        )

    def _text(self, text: str, most: int) -> str:
        return encodable(self._redact(text))[:most]


def _json(block: Block) -> str:
    return json.dumps(block.get("input"), ensure_ascii=False)
