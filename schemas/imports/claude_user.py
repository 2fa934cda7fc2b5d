"""Which lines of a Claude Code transcript the user wrote."""

import re
from typing import Any, Final, NamedTuple

from pilotfish.schemas.imports.values import mappings, text
from pilotfish.schemas.json_in_text import mapping

INTERRUPTED: Final = "[Request interrupted by user"

_COMMAND: Final = re.compile(r"<command-name>(.*?)</command-name>", re.DOTALL)
_ARGUMENTS: Final = re.compile(r"<command-args>(.*?)</command-args>", re.DOTALL)
_OWN_WORDS: Final = (
    INTERRUPTED,
    "<bash-",
    "<local-command-",
    "<system-reminder>",
    "<task-notification>",
    "<teammate-message",
    "<cross-session-message",
    "<user-memory-input>",
    "Caveat: The messages below",
    "Stop hook feedback",
    "This session is being continued from a previous conversation",
)
"""How texts begin that Claude Code itself writes as the user."""


class Prompt(NamedTuple):
    """What the user asked; a slash command counts only if the agent did something."""

    text: str
    is_command: bool = False


def prompt_of(line: dict[str, Any]) -> Prompt | None:
    """Return the prompt of a line; None if the user did not write it."""
    if line.get("type") != "user" or line.get("isMeta"):
        return None
    if line.get("isCompactSummary") or mapping(line.get("origin")).get("kind") not in (
        None,
        "human",
    ):
        return None
    content = mapping(line.get("message")).get("content")
    if any(block.get("type") == "tool_result" for block in mappings(content)):
        return None
    written = text(content).strip()
    if command := _COMMAND.search(written):
        arguments = _ARGUMENTS.search(written)
        words = (command[1].strip(), arguments[1].strip() if arguments else "")
        return Prompt(" ".join(filter(None, words)), is_command=True)
    if not written or any(INTERRUPTED in part for part in written.splitlines()):
        return None
    return None if written.startswith(_OWN_WORDS) else Prompt(written)
