"""Names of groups from a chat model, which sees only the groups' terms.

Terms are words that several problems share, so neither the model's server nor the names
reveal an attempt. A reply counts only if it is a few plain words; without a valid reply,
the terms are the name.
"""

import re
from typing import Final

from pilotfish.consumers.memory.groups.names import Naming, Terms, by_terms
from pilotfish.consumers.memory.naming_model import NamingModel
from pilotfish.runtime.settings import Settings

_PROMPT: Final = """Each line has the words that are typical of one group of problems. \
Say in two to five words what kind of problems a group has. Reply with a line for each \
group, its number, a colon and the name, and nothing else."""
_NAME: Final = re.compile(r"^\W*(\d+)\W+(\w[\w -]{1,58}\w)\W*$", re.MULTILINE)
_OTHERWISE: Final = "groups keep their terms as names"
_MOST_NAMES: Final = 10_000


class ModelNames:
    """Requests names for all groups with new terms at once; caches the names."""

    def __init__(self, model: NamingModel) -> None:
        self._model = model
        self._names: dict[str, str] = {}

    def __call__(self, terms: Terms) -> dict[str, str]:
        """Return a name for each group; an empty one for a group without terms."""
        plain = by_terms(terms)
        new = {
            name: " ".join(terms[group])
            for group, name in plain.items()
            if name and name not in self._names
        }
        if len(self._names) + len(new) > _MOST_NAMES:
            self._names.clear()
        if new:
            self._names.update(self._requested(new))
        return {group: self._names.get(name, name) for group, name in plain.items()}

    def _requested(self, terms: dict[str, str]) -> dict[str, str]:
        lines = "\n".join(f"{n}: {words}" for n, words in enumerate(terms.values(), 1))
        names = dict(_NAME.findall(self._model.reply(_PROMPT, lines, _OTHERWISE)))
        return {
            plain: names[str(n)] for n, plain in enumerate(terms, 1) if str(n) in names
        }


def naming(settings: Settings) -> Naming:
    """Return the naming of groups: by PILOTFISH_NAMING_MODEL if that is set.

    Raises:
        ConfigurationError, RequirementError: as `ChatModel`.
    """
    if not settings.naming_model:
        return by_terms
    return ModelNames(NamingModel(settings.naming_model))
