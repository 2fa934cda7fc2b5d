"""The hook of Claude Code and the Claude Agent SDK: advice in, attempts out.

`pilotfish-claude-hook` reads an event of Claude Code from standard input. It never stands
in the agent's way: whatever fails is said on standard error, and the exit status is 0.
"""

import asyncio
import json
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Final

from pilotfish._sdk.client import Client
from pilotfish._sdk.secrets import redact_secrets
from pilotfish.integrations.choices import FOUND, named
from pilotfish.integrations.claude_hints import SessionHints
from pilotfish.integrations.claude_settings import approaches
from pilotfish.schemas.events import Event
from pilotfish.schemas.ids import new_id

DEADLINE_S: Final = 1.5
"""How long a prompt may wait for advice."""
_DELIVERY_MS: Final = 5000

USAGE: Final = """\
pilotfish-claude-hook reads an event of Claude Code from standard input.
Register it in .claude/settings.json, for UserPromptSubmit, Stop, StopFailure,
SubagentStop and SessionEnd, each as

  "UserPromptSubmit": [{"hooks": [{"type": "command", "command": "pilotfish-claude-hook"}]}]

Kafka is at PILOTFISH_KAFKA. It advises of the approaches in .claude/pilotfish.json, or of what
was found in past attempts where the file says {"approaches": "found"}.
"""


class ClaudeHook:
    """Answers the events of Claude Code.

    Args:
        connect: opens a client that waits a second or two for advice.
        publish: sends events, and waits until they are delivered.
        tenant: whose attempts they are.
        folder: where hints are kept between two events.
    """

    def __init__(
        self,
        connect: Callable[[], Client],
        publish: Callable[[Iterable[Event]], None],
        tenant: str,
        folder: Path,
    ) -> None:
        self._connect = connect
        self._publish = publish
        self._tenant = tenant
        self._folder = folder

    def answer(self, event: dict[str, Any]) -> dict[str, Any]:
        """Return what Claude Code is told: a hint as additional context, or nothing."""
        name = event.get("hook_event_name")
        if name == "UserPromptSubmit":
            return self._advise(event)
        if name in ("Stop", "StopFailure", "SessionEnd", "SubagentStop"):
            self._report(event)
        return {}

    def _advise(self, event: dict[str, Any]) -> dict[str, Any]:
        choices = approaches(Path(event.get("cwd") or "."))
        if not choices:
            return {}
        prompt = event["prompt"]
        with self._connect() as pilot:
            # The attempt's id is that of the prompt in the transcript, not known by now.
            hint = pilot.resume(new_id(), prompt).advice(named(choices))
        self._hints(event).note(prompt, hint, named=choices != FOUND)
        if not hint.text:
            return {}
        said = {"hookEventName": "UserPromptSubmit", "additionalContext": hint.text}
        return {"hookSpecificOutput": said}

    def _report(self, event: dict[str, Any]) -> None:
        from pilotfish.integrations.claude_report import newest_events, transcript_of

        file, approach = transcript_of(event)
        hints = self._hints(event)
        self._publish(newest_events(file, self._tenant, hints.of, approach))

    def _hints(self, event: dict[str, Any]) -> SessionHints:
        return SessionHints(self._folder, str(event.get("session_id")))


async def claude_agent_hook(
    event: Any, _tool_use_id: str | None = None, _context: Any = None
) -> dict[str, Any]:
    """The same as a hook of the Claude Agent SDK, for `HookMatcher(hooks=[...])`."""
    return await asyncio.to_thread(_answer, dict(event))


def main() -> None:
    """Run the console script."""
    if len(sys.argv) > 1 or sys.stdin.isatty():
        sys.stderr.write(USAGE)
        return
    answer = _answer(sys.stdin.buffer.read())
    if answer:
        sys.stdout.write(json.dumps(answer))


def _answer(event: bytes | dict[str, Any]) -> dict[str, Any]:
    try:
        read = json.loads(event) if isinstance(event, bytes) else event
        return _hook().answer(read)
    except Exception as error:  # noqa: BLE001 - the agent goes on, whatever is wrong here
        sys.stderr.write(f"pilotfish-claude-hook: {type(error).__name__}: {error}\n")
        return {}


def _hook() -> ClaudeHook:
    from pilotfish._sdk.connect import connect
    from pilotfish.runtime.settings import Settings
    from pilotfish.schemas.imports.claude_code import FORMAT

    settings = Settings()

    def publish(events: Iterable[Event]) -> None:
        from pilotfish.runtime.kafka import producer
        from pilotfish.runtime.publisher import Publisher
        from pilotfish.schemas.topics import EVENTS

        overrides: dict[str, Any] = {"message.timeout.ms": _DELIVERY_MS, "log_level": 0}
        publisher = Publisher(producer(settings, **overrides))
        for event in events:
            publisher.queue(EVENTS, event, event.attempt_id)
        publisher.flush()

    def open_client() -> Client:
        return connect(
            agent=FORMAT.name, advice_deadline_s=DEADLINE_S, redact=redact_secrets
        )

    return ClaudeHook(
        open_client, publish, settings.tenant, settings.home / "claude-hints"
    )
