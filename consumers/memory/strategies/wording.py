"""Names and instructions of strategies, from a chat model if there is one.

The model sees moves alone: names of tools and verbs, no text of a problem or an answer. A
reply counts only if it is plain words of the expected length; without one, the moves speak
for themselves.
"""

import re
from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from pilotfish.consumers.memory.naming_model import NamingModel
from pilotfish.runtime.settings import Settings
from pilotfish.strategies.instructions import instruction, name_of
from pilotfish.strategies.patterns import Pattern

_PROMPT: Final = """Each line has the first moves of an agent, in order. Reply with a line \
for each, and nothing else: its number, a colon, two to five words for how the agent works, \
a bar (|), and one plain sentence that tells another agent to work like that."""
_LINE: Final = re.compile(
    r"^\W*(\d+)\W+(\w[\w ,-]{1,58}\w)\s*\|\s*(\w[\w ,;:'-]{8,298}\w)\W*$", re.MULTILINE
)
_OTHERWISE: Final = "strategies keep their moves as names"


class Words(NamedTuple):
    """What people and prompts see of a strategy; see `StrategyChanged`."""

    name: str
    instruction: str


Wording = Callable[[Mapping[str, Pattern]], dict[str, Words]]
"""Returns the words of strategies, by their id."""


def by_moves(patterns: Mapping[str, Pattern]) -> dict[str, Words]:
    """Return words that list the moves."""
    return {
        id_: Words(name_of(pattern), instruction(pattern))
        for id_, pattern in patterns.items()
    }


class ModelWording:
    """Requests the words of all new strategies at once."""

    def __init__(self, model: NamingModel) -> None:
        self._model = model

    def __call__(self, patterns: Mapping[str, Pattern]) -> dict[str, Words]:
        """Return the model's words; those of the moves where it gave none."""
        plain = by_moves(patterns)
        if not plain:
            return plain
        lines = (f"{n}: {words.name}" for n, words in enumerate(plain.values(), 1))
        said = {
            number: Words(name, f"{sentence}.")
            for number, name, sentence in _LINE.findall(
                self._model.reply(_PROMPT, "\n".join(lines), _OTHERWISE)
            )
        }
        return {
            id_: said.get(str(n), words)
            for n, (id_, words) in enumerate(plain.items(), 1)
        }


def wording(settings: Settings) -> Wording:
    """Return how strategies get their words: by PILOTFISH_NAMING_MODEL if that is set.

    Raises:
        ConfigurationError, RequirementError: as `ChatModel`.
    """
    if not settings.naming_model:
        return by_moves
    return ModelWording(NamingModel(settings.naming_model))
