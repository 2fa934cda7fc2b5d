"""Transcripts as Claude Code writes them: each block of a message is an entry."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

MODEL: Final = "claude-sonnet-4-5"
USAGE: Final = {
    "input_tokens": 100,
    "output_tokens": 50,
    "cache_read_input_tokens": 1000,
    "cache_creation_input_tokens": 0,
}
_BEGAN: Final = datetime(2026, 11, 1, 12, tzinfo=UTC)


class Session:
    """Writes the lines of one transcript, a second apart."""

    def __init__(self, name: str = "s1", *, of_sub_agent: bool = False) -> None:
        self.lines: list[str] = []
        self._name = name
        self._side = of_sub_agent

    def prompt(self, text: str, **more: Any) -> str:
        return self.entry("user", {"role": "user", "content": text}, **more)

    def says(self, message_id: str, *blocks: dict[str, Any], **more: Any) -> None:
        for block in blocks:
            message = {
                "id": message_id,
                "role": "assistant",
                "model": MODEL,
                "content": [block],
                "usage": USAGE,
            }
            self.entry("assistant", message, **more)

    def returns(self, call_id: str, content: Any, **more: Any) -> None:
        block = {"type": "tool_result", "tool_use_id": call_id, "content": content}
        self.entry("user", {"role": "user", "content": [block]}, **more)

    def error(self, kind: str, text: str) -> None:
        message = {
            "id": "e",
            "role": "assistant",
            "model": "<synthetic>",
            "content": [{"type": "text", "text": text}],
        }
        self.entry("assistant", message, isApiErrorMessage=True, error=kind)

    def entry(self, kind: str, message: Any, **more: Any) -> str:
        uuid = str(UUID(int=hash(self._name) % 2**64 * 2**32 + len(self.lines)))
        at = _BEGAN + timedelta(seconds=len(self.lines))
        entry = {
            "parentUuid": None,
            "isSidechain": self._side,
            "sessionId": self._name,
            "version": "2.1.319",
            "type": kind,
            "message": message,
            "uuid": uuid,
            "timestamp": at.isoformat().replace("+00:00", "Z"),
            **more,
        }
        self.lines.append(json.dumps(entry))
        return uuid


def text(said: str) -> dict[str, Any]:
    return {"type": "text", "text": said}


def call(call_id: str, name: str, **arguments: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": call_id, "name": name, "input": arguments}


def solved(session: Session, problem: str) -> str:
    """Write a turn with a thought, a tool and an answer; return the prompt's uuid."""
    uuid = session.prompt(problem)
    number = len(session.lines)
    session.says(
        f"m{number}",
        {"type": "thinking", "thinking": "", "signature": "x"},
        text("I look first."),
        call(f"c{number}", "Bash", command="ls"),
    )
    session.returns(f"c{number}", [text("a.py")])
    session.says(f"m{number + 1}", text("It is done."))
    return uuid
