"""Moves: what an agent decided, of what it recorded.

A move is a thought by its name, a tool with the verb of its arguments, or an answer. What
befell the agent is none: observations, errors. Nor does it count how often something was
done again, because that follows from the outcome: `Moves` keeps the first occurrence of
each move. A verb is one of a fixed list and a name is a few plain characters, so that no
text of a problem becomes a move, and through a strategy's instruction part of a prompt.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Final

from pilotfish.schemas.events import StepKind
from pilotfish.schemas.labels import MAX_MOVE, MAX_MOVES

ANSWER: Final = "answer"
THOUGHT: Final = "thought"

_SAME: Final = {
    "desc": "describe",
    "def": "define",
    "function": "define",
    "class": "define",
}
_VERBS: Final = _SAME | {
    verb: verb
    for verb in (
        # SQL
        "select",
        "show",
        "describe",
        "explain",
        "insert",
        "update",
        "delete",
        "drop",
        "alter",
        "pragma",
        "create",
        # shells
        "ls",
        "cat",
        "grep",
        "find",
        "sed",
        "awk",
        "head",
        "tail",
        "wc",
        "mkdir",
        "rm",
        "mv",
        "cp",
        "touch",
        "echo",
        "git",
        "make",
        "docker",
        "curl",
        "wget",
        "ssh",
        "tar",
        "python",
        "pip",
        "pytest",
        "node",
        "npm",
        "go",
        "cargo",
        "java",
        "mvn",
        "gcc",
        # editors and browsers
        "open",
        "view",
        "edit",
        "replace",
        "undo",
        "search",
        "click",
        "type",
        "scroll",
        "goto",
        "back",
        "submit",
        # programs
        "import",
        "print",
        "assert",
        "define",
    )
}
"""What counts as a verb -> how it is called."""
_WORDS_LOOKED_AT: Final = 4
_LOOKED_AT: Final = 200
"""Characters of a tool's arguments."""
_WORD: Final = re.compile(r"[A-Za-z_]+")
_PLAIN: Final = re.compile(r"[^\w.-]+")
_MAX_NAME: Final = 40
_DELEGATES: Final = ("skill", "subagent_type", "agent", "agent_name")
"""Arguments that say to whom or to what a tool hands over."""


@dataclass(slots=True)
class Moves:
    """The different moves of one attempt, in the order of their first occurrence."""

    distinct: list[str] = field(default_factory=list)

    def add(self, kind: StepKind, name: str, content: str) -> None:
        """Note a step; one that is no move, or not the first of its kind, changes nothing."""
        if len(self.distinct) < MAX_MOVES:
            move = move_of(kind, name, content)
            if move and move not in self.distinct:
                self.distinct.append(move)


def move_of(kind: StepKind, name: str, content: str) -> str:
    """Return the move that a step is; empty if it is none."""
    if kind == "observation":
        return ""
    if kind == "answer":
        return ANSWER
    name = _plain(name)
    if kind == "thought":
        return name or THOUGHT
    detail = _delegate(content) or _verb(content)
    return f"{name or 'tool'}:{detail}"[:MAX_MOVE] if detail else name or "tool"


def _plain(name: str) -> str:
    return _PLAIN.sub("_", name.strip()).strip("_")[:_MAX_NAME].lower()


def _verb(content: str) -> str:
    words = _WORD.finditer(content, 0, _LOOKED_AT)
    for _, word in zip(range(_WORDS_LOOKED_AT), words, strict=False):
        if verb := _VERBS.get(word.group().lower()):
            return verb
    return ""


def _delegate(content: str) -> str:
    """Return the skill or the sub-agent that a call names among its arguments."""
    if not (
        content.startswith("{") and any(f'"{key}"' in content for key in _DELEGATES)
    ):
        return ""
    try:
        arguments = json.loads(content)
    except ValueError:
        return ""
    names = (arguments.get(key) for key in _DELEGATES)
    return next((_plain(name) for name in names if isinstance(name, str)), "")
