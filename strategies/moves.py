"""Moves: what an agent decided, of what it recorded.

A move is a thought by its name, a tool with the verb of its arguments, or an answer. What
befell the agent is none: observations, errors. Nor does it count how often something was
done again, or that other moves led to an answer, because that follows from the outcome:
`Moves` keeps the first occurrence of each move, and a name that ends in a number loses it.
A verb is one of a fixed list, and a name is a few plain characters, so that no text of a
problem becomes a move, and through a strategy's instruction part of a prompt.
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from pilotfish.schemas.events import StepKind
from pilotfish.schemas.labels import MAX_MOVES
from pilotfish.strategies.verbs import verb_of

ANSWER: Final = "answer"
PLAN: Final = "plan"
THOUGHT: Final = "thought"

_PLANS: Final = ("plan", "planning", "todo", "todowrite", "todo_write", "update_plan")
_THOUGHTS: Final = ("tool", "thought", "think", "thinking", "reasoning", "model")
_MODEL: Final = re.compile(
    r"\d|^(gpt|claude|gemini|llama|mistral|qwen|deepseek|grok|command|phi)\b"
)
"""Adapters call a thought by the model that had it: which one is no move."""

_FIRST_WORDS: Final = re.compile(
    r"""\s{0,9}
    (?:\{\s{0,9}["']\w{1,30}["']\s{0,9}:)?  # the name of the first argument
    (?:[\s"'\[]{0,9}(?:ba|z)?sh["',\s]{1,9}-l?c\b)?  # a shell that starts a command
    (?:[\s"',]{0,9}cd\s[^&;\n]{1,150}(?:&&|;))?  # where it is to run
    [\s"'`()\[\]{},;:*]{0,20}([^\s"'`()\[\]{},;:*]{1,20})
    (?:[\s"'`()\[\]{},;:*]{1,20}([^\s"'`()\[\]{},;:*]{1,20}))?
    """,
    re.VERBOSE,
)
"""The words of which one may be a verb: two, because some agents write `execute[SELECT`.
Bounded, so that no text takes long."""

_PLAIN: Final = re.compile(r"[^a-z0-9_.-]+")
_NUMBER: Final = re.compile(r"[_ #:-]+\d+$")
_MAX_NAME: Final = 40
_WORDS_OF_A_NAME: Final = 3
_DELEGATE: Final = re.compile(
    r'"(?:skill|subagent_type|agent|agent_name)"\s{0,9}:\s{0,9}'
    r'"([A-Za-z][A-Za-z0-9_.:/-]{0,39})"'
)
"""To whom or to what a tool hands over. One word: a model writes this argument, and might
write anything."""
_DELEGATE_LOOKED_AT: Final = 20_000
"""Characters of arguments; a prompt may stand before the name."""


@dataclass(slots=True)
class Moves:
    """The different moves of one attempt, in the order of their first occurrence.

    To answer at once is a decision; to answer after other moves says that they led to one.
    """

    distinct: list[str] = field(default_factory=list)

    def add(self, kind: StepKind, name: str, content: str) -> None:
        """Note a step; one that is no move, or not the first of its kind, changes nothing."""
        if len(self.distinct) < MAX_MOVES:
            move = move_of(kind, name, content)
            outcome = move == ANSWER and self.distinct
            if move and move not in self.distinct and not outcome:
                self.distinct.append(move)


def move_of(kind: StepKind, name: str, content: str) -> str:
    """Return the move that a step is; empty if it is none."""
    if kind == "observation":
        return ""
    if kind == "answer":
        return ANSWER
    tool = plain(name) or "tool"
    if tool in _PLANS:
        return PLAN
    if kind == "thought":
        unnamed = tool in _THOUGHTS or _MODEL.search(tool)
        return THOUGHT if unnamed else f"{THOUGHT}:{tool}"
    detail = _delegate(content) or _verb(tool, content)
    return f"{tool}:{detail}" if detail else tool


@lru_cache(maxsize=4096)
def plain(name: str) -> str:
    """Return a name as moves have it: at most three words in 40 characters, no number."""
    name = _NUMBER.sub("", name.strip())
    words = _PLAIN.sub(" ", name.lower()).split()[:_WORDS_OF_A_NAME]
    return "_".join(words)[:_MAX_NAME].strip("_.-")


def _verb(tool: str, content: str) -> str:
    words = _FIRST_WORDS.match(content)
    for word in words.groups("") if words else ():
        if verb := verb_of(word, tool):
            return verb
    return ""


def _delegate(content: str) -> str:
    if not content.startswith("{"):
        return ""
    named = _DELEGATE.search(content, 0, _DELEGATE_LOOKED_AT)
    return named[1].lower() if named else ""
