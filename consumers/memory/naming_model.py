"""The chat model that names groups and words strategies: a help that may be missing."""

from typing import Final

import structlog

from pilotfish.runtime.chat import ChatModel

_LOG = structlog.get_logger(service="memory")

_TIMEOUT_S: Final = 20.0
"""The memory waits for the reply."""


class NamingModel:
    """Asks the model that PILOTFISH_NAMING_MODEL names; raises as `ChatModel`."""

    def __init__(self, model: str) -> None:
        self._model = ChatModel(model, _TIMEOUT_S)

    def reply(self, instructions: str, lines: str, otherwise: str) -> str:
        """Return the reply; empty where there is none, and `otherwise` is what is logged."""
        from openai import OpenAIError

        try:
            return self._model.reply(instructions, lines)
        except OpenAIError as error:
            _LOG.warning(otherwise, reason=repr(error))
            return ""
