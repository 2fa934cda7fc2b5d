"""Skills and sub-agents in the calls of tools: whom an agent hands its work over to."""

import re
from collections.abc import Sequence
from typing import Final

from pilotfish.schemas.ids import MAX_NAME

_SKILL_TOOLS: Final = frozenset(
    {"skill", "loadskill", "useskill", "activateskill", "readskill", "invokeskill"}
)
_SKILL_FILE: Final = "SKILL.md"
_FOLDER: Final = re.compile(r"([\w.-]+)[/\\]+$")


def _arguments(*names: str) -> Sequence[re.Pattern[str]]:
    """Return patterns of these arguments, as JSON and Python write them."""
    value = rf"\s{{0,9}}:\s{{0,9}}[\"']([^\"'\\]{{1,{MAX_NAME}}})[\"']"
    return [re.compile(rf"[\"']{name}[\"']{value}") for name in names]


_SKILLS: Final = _arguments("skill", "skill_name", "name", "command")
_SUB_AGENTS: Final = _arguments("subagent_type", "agent_name", "agent")


def skill_of(tool: str, arguments: str) -> str:
    """Return the skill that a call loads: by a tool for that, or by reading its file.

    Empty where it loads none.
    """
    if re.sub(r"[\W_]", "", tool).lower() in _SKILL_TOOLS:
        return _first(_SKILLS, arguments)
    folder, file, _ = arguments.partition(_SKILL_FILE)
    found = _FOLDER.search(folder[-MAX_NAME:]) if file else None
    return found[1] if found else ""


def sub_agent_of(arguments: str) -> str:
    """Return the sub-agent that a call hands over to; empty where it is none."""
    return _first(_SUB_AGENTS, arguments)


def _first(patterns: Sequence[re.Pattern[str]], arguments: str) -> str:
    found = (pattern.search(arguments) for pattern in patterns)
    return next((name for each in found if each and (name := each[1].strip())), "")
