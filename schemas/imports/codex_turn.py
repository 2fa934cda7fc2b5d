"""One turn of a Codex transcript: a prompt, and the steps and signals after it."""

import re
from typing import Any, Final

from pilotfish.schemas.imports.attempt import Fields
from pilotfish.schemas.imports.chat import answered, said
from pilotfish.schemas.imports.commands import runs_tests
from pilotfish.schemas.imports.values import elements, name, seconds_between, text
from pilotfish.schemas.json_in_text import mapping, parsed
from pilotfish.schemas.prices import Tokens

_CALLS: Final = (
    *("function_call", "custom_tool_call", "local_shell_call"),
    *("web_search_call", "tool_search_call", "image_generation_call"),
)
_OUTPUTS: Final = (
    "function_call_output",
    "custom_tool_call_output",
    "tool_search_output",
)
_ENDS: Final = ("task_complete", "turn_complete", "turn_completed")
_INJECTED: Final = re.compile(r"\s*(?:<[a-z][\w .-]*>|# AGENTS\.md instructions)")
"""How messages begin that Codex itself writes as the user."""
_EXIT_STATUS: Final = re.compile(
    r"^(?:Process exited with code|Exit code:) (\d+)", re.MULTILINE
)


def prompt_of(item: dict[str, Any]) -> str | None:
    """Return the prompt of an item or event; None if the user did not write it."""
    if item.get("type") == "user_message":
        return text(item.get("message")).strip() or None
    if item.get("type") == "message" and item.get("role") == "user":
        written = text(item.get("content")).strip()
        return written if written and not _INJECTED.match(written) else None
    return None


class Turn:
    """A turn so far.

    Args:
        place: of its prompt.
        problem: what was asked.
        at: when.
        number: of the turn in the session, from 1.
    """

    def __init__(self, place: str, problem: str, at: object, number: int) -> None:
        self.place, self.model = place, ""
        self._problem, self._at, self._last, self._number = problem, at, at, number
        self._steps: list[Fields] = []
        self._signals: list[Fields] = []
        self._calls: dict[str, tuple[Fields, str]] = {}
        self._end: Fields | None = None
        self._unspent, self._unpaid = 0, 0.0
        self.is_copied = False

    def repeats(self, written: str, kind: str) -> bool:
        """Return whether this is the turn's own prompt, told a second time, and take its words.

        The event has the user's words; the item before it may have more around them.
        """
        if self._steps or not (written == self._problem or kind == "user_message"):
            return False
        self._problem = written
        return True

    def add(self, item: dict[str, Any], kind: str, at: object) -> bool:
        """Take an item or event of this turn; return whether it says anything of it."""
        if kind in _ENDS:
            self._end = {}
        elif kind == "turn_aborted":
            reason = name(item.get("reason")) or "interrupted"
            self._end = {"status": "abandoned", "reason": reason}
        elif kind == "message" and item.get("role") == "assistant":
            self._steps.append(said(text(item.get("content")), at=at))
            self._end = {}
        elif kind == "reasoning":
            self._reason(item, at)
        elif kind in _CALLS:
            self._call(item, kind, at)
        elif kind in _OUTPUTS or kind == "exec_command_end":
            self._result(item, kind, at)
        else:
            return False
        self._last = at or self._last
        return True

    @property
    def is_new(self) -> bool:
        """Whether nothing was done in it yet."""
        return not self._steps and self._end is None

    def spend(self, tokens: Tokens, cost: float = 0.0) -> None:
        """Count tokens with the newest step, or with the first if there is none yet."""
        self._unspent += tokens.total
        self._unpaid += cost
        if self._steps:
            newest = self._steps[-1]
            newest["tokens"] = newest.get("tokens", 0) + self._unspent
            newest["cost"] = newest.get("cost", 0.0) + self._unpaid
            self._unspent, self._unpaid = 0, 0.0

    def fields(self, session: dict[str, Any], *, followed: bool) -> Fields:
        """Return what is told of the attempt; `followed` says that another prompt came."""
        self.spend(Tokens())
        session_id = name(session.get("id") or session.get("session_id"))
        origin = session.get("source")
        sub_agent = session.get("thread_source") == "subagent" or "subagent" in (
            origin if isinstance(origin, dict) else {}
        )
        return {
            "id": f"{session_id or text(self._at)}/{self._number}",
            "problem": self._problem,
            "agent": "codex/sub-agent" if sub_agent else "codex",
            "version": session.get("cli_version"),
            "model": self.model,
            "attributes": {"session.id": session_id} if session_id else {},
            "steps": answered(self._steps),
            "signals": self._signals,
            "at": self._at,
            "ended_at": self._last,
            "ended": followed or self._end is not None,
            **(self._end or {}),
        }

    def _reason(self, item: dict[str, Any], at: object) -> None:
        """Take what is readable of its reasoning; the rest is encrypted."""
        thought = text(elements(item.get("summary"))) or text(
            elements(item.get("content"))
        )
        if thought:
            self._steps.append({"kind": "thought", "content": thought, "at": at})

    def _call(self, item: dict[str, Any], kind: str, at: object) -> None:
        self._end = None
        given = next(
            (item[k] for k in ("arguments", "input", "action") if item.get(k)), None
        )
        called = name(item.get("name")) or kind.removesuffix("_call")
        step = {"kind": "action", "name": called, "content": text(given), "at": at}
        self._steps.append(step)
        self._calls[name(item.get("call_id"))] = step, _command(given)

    def _result(self, item: dict[str, Any], kind: str, at: object) -> None:
        key = name(item.get("call_id"))
        step, command = self._calls.get(key, ({}, ""))
        output, status = _output(item)
        if status is not None and runs_tests(command):
            self._signals.append(
                {
                    "kind": "exit_code",
                    "value": status,
                    "detail": command,
                    "at": at,
                    "key": key,
                }
            )
        if kind == "exec_command_end":
            return
        step["duration_s"] = seconds_between(step.get("at"), at)
        called = step.get("name") or "tool"
        seen = {"kind": "observation", "name": called, "content": output, "at": at}
        self._steps.append(seen)


def _command(given: object) -> str:
    """Return the shell command of a call's arguments; a list runs as `bash -lc` does."""
    arguments = mapping(given)
    command = arguments.get("command") or arguments.get("cmd")
    if isinstance(command, list):
        words = [text(word) for word in command]
        return words[-1] if words[1:2] in (["-lc"], ["-c"]) else " ".join(words)
    return text(command)


def _output(item: dict[str, Any]) -> tuple[str, int | None]:
    """Return what a call put out, and the exit status where it is told."""
    told = item.get("exit_code")
    output = parsed(item.get("output"))
    if isinstance(output, dict):
        told = mapping(output.get("metadata")).get("exit_code", told)
        output = output.get("output") or output.get("content") or output
    shown = text(output)
    if isinstance(told, int) and not isinstance(told, bool):
        return shown, told
    # Before the output itself, whose lines may say anything.
    in_text = _EXIT_STATUS.search(shown.split("\nOutput:", 1)[0])
    return shown, int(in_text[1]) if in_text else None
