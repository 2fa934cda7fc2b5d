"""Which approaches Claude Code may be advised of: `.claude/pilotfish.json`.

    {"approaches": {"plan": "write a plan first", "tests": "write a failing test first"}}
    {"approaches": "skills"}
    {"approaches": "found"}

The file of the project counts before that of the user. "skills" takes the skills and
sub-agents in both folders `.claude`, each with the first line of its description. "found"
takes the strategies that were found in past attempts. Without the file nothing is asked, and
attempts are only recorded.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pilotfish.integrations.choices import FOUND, Choices
from pilotfish.schemas.advice import MAX_APPROACHES, MAX_INSTRUCTION
from pilotfish.schemas.errors import ConfigurationError
from pilotfish.schemas.ids import MAX_NAME

_HEAD: Final = re.compile(r"\A---\s*\n(.*?)\n---", re.DOTALL)
_FIELD: Final = re.compile(
    r"^(name|description):[ \t]*[>|]?[-+]?\s*(.+)$", re.MULTILINE
)


def approaches(project: Path, home: Path | None = None) -> Choices:
    """Return the names of the approaches with their instructions; none without the file.

    Args:
        project: the folder in which Claude Code works.
        home: of the user; theirs if not given.

    Raises:
        ConfigurationError: the file is there and cannot be used; the message says why.
    """
    folders = [project / ".claude", (home or Path.home()) / ".claude"]
    files = (folder / "pilotfish.json" for folder in folders)
    file = next((file for file in files if file.is_file()), None)
    if file is None:
        return {}
    chosen = _chosen(file)
    if chosen == "skills":
        found = [pair for folder in folders for pair in _skills(folder)]
        return dict(reversed(found[:MAX_APPROACHES]))
    if chosen == FOUND:
        return FOUND
    if not isinstance(chosen, dict):
        raise ConfigurationError(
            f'{file}: "approaches" must be an object of names and instructions, "skills" '
            'or "found"'
        )
    return {str(name): str(instruction) for name, instruction in chosen.items()}


def _chosen(file: Path) -> Any:
    try:
        settings = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{file} cannot be read: {error}") from error
    return settings.get("approaches") if isinstance(settings, dict) else None


def _skills(folder: Path) -> Iterator[tuple[str, str]]:
    for pattern in ("skills/*/SKILL.md", "agents/*.md"):
        for file in sorted(folder.glob(pattern)):
            text = file.read_text(encoding="utf-8", errors="replace")
            head = _HEAD.match(text)
            fields = dict(_FIELD.findall(head[1])) if head else {}
            name = fields.get("name", "").strip(" \"'")[:MAX_NAME]
            if name:
                description = fields.get("description", "").strip(" \"'")
                yield name, description[:MAX_INSTRUCTION]
