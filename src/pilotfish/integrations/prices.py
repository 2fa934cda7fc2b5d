"""What a call of a model costs, by its tokens: list prices of the package genai-prices."""

import re
from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import Final, NamedTuple


def _installed() -> ModuleType | None:
    try:
        return import_module("genai_prices")
    except ImportError:
        return None


_PACKAGE: Final = _installed()

_PROVIDER: Final = re.compile(r"^[\w.-]+[:/]")
"""What LiteLLM, PydanticAI and others put before a model's name."""


class Tokens(NamedTuple):
    """The tokens of one model call.

    Args:
        input: tokens of the prompt, with those read from and written to a cache.
        output: tokens of the reply, with those of its reasoning.
        cache_read: how many of the input were read from a cache.
        cache_write: how many of the input were written to a cache.
    """

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0

    @property
    def total(self) -> int:
        """Input and output tokens."""
        return self.input + self.output


def cost(model: str, tokens: Tokens) -> float:
    """Return US dollars at the provider's list price.

    0.0 if the model is unknown or the package is not installed. Never raises.

    Args:
        model: its name, perhaps after a provider's, as in "openai:gpt-4o".
        tokens: of one call: prices may depend on how long the prompt is.
    """
    if not model or not tokens.total:
        return 0.0
    return _cost(model, tokens)


@lru_cache(maxsize=4096)
def _cost(model: str, tokens: Tokens) -> float:
    if _PACKAGE is None:
        return 0.0
    usage = _PACKAGE.Usage(
        input_tokens=tokens.input,
        output_tokens=tokens.output,
        cache_read_tokens=tokens.cache_read,
        cache_write_tokens=tokens.cache_write,
    )
    for name in (model, _PROVIDER.sub("", model)):
        try:
            return float(_PACKAGE.calc_price(usage, model_ref=name).total_price)
        except (LookupError, ValueError):  # unknown, or more tokens cached than read
            continue
    return 0.0
