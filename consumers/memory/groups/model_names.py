"""Names of groups by a chat model, made of the groups' terms.

The model sees terms, never a problem: terms are words that several problems share, so
neither its server nor its names learn an attempt. What it says counts only as a few plain
words; where it says nothing, or is away, the terms are the name.
"""

import re
from typing import Final

import structlog

from pilotfish.consumers.memory.groups.names import Naming, Terms, by_terms
from pilotfish.runtime.chat import ChatModel
from pilotfish.runtime.settings import Settings

_LOG = structlog.get_logger(service="memory")

_PROMPT: Final = """Each line has the words that are typical of one group of problems. \
Say in two to five words what kind of problems a group has. Reply with a line for each \
group, its number, a colon and the name, and nothing else."""
_NAME: Final = re.compile(r"^\W*(\d+)\W+(\w[\w -]{1,58}\w)\W*$", re.MULTILINE)
_TIMEOUT_S: Final = 20.0
"""Meanwhile the memory remembers nothing."""
_KEPT: Final = 10_000


class ModelNames:
    """Asks once for all groups that have new terms; keeps the names of the others."""

    def __init__(self, model: ChatModel) -> None:
        self._model = model
        self._names: dict[str, str] = {}

    def __call__(self, terms: Terms) -> dict[str, str]:
        """Return a name for each group; empty where it has no terms."""
        plain = by_terms(terms)
        new = {
            name: " ".join(terms[group])
            for group, name in plain.items()
            if name and name not in self._names
        }
        if len(self._names) + len(new) > _KEPT:
            self._names.clear()
        if new:
            self._names.update(self._asked(new))
        return {group: self._names.get(name, name) for group, name in plain.items()}

    def _asked(self, terms: dict[str, str]) -> dict[str, str]:
        lines = "\n".join(f"{n}: {of}" for n, of in enumerate(terms.values(), 1))
        names = dict(_NAME.findall(self._reply(lines)))
        return {
            plain: names[str(n)] for n, plain in enumerate(terms, 1) if str(n) in names
        }

    def _reply(self, lines: str) -> str:
        from openai import OpenAIError

        try:
            return self._model.reply(_PROMPT, lines)
        except OpenAIError as error:
            _LOG.warning("groups keep their terms as names", reason=repr(error))
            return ""


def naming(settings: Settings) -> Naming:
    """Return how groups are named: by PILOTFISH_NAMING_MODEL where it is set.

    Raises:
        ConfigurationError, RequirementError: as `ChatModel`.
    """
    if not settings.naming_model:
        return by_terms
    return ModelNames(ChatModel(settings.naming_model, _TIMEOUT_S))
