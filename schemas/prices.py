"""What a call of a model costs, by its tokens: list prices of the package genai-prices."""

import re
from datetime import datetime
from functools import cache, lru_cache
from importlib import import_module
from types import ModuleType
from typing import Final, NamedTuple

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


def cost(
    model: str, tokens: Tokens, provider: str = "", at: datetime | None = None
) -> float:
    """Return US dollars at the provider's list price.

    0.0 if the model is unknown or the package is not installed. Never raises.

    Args:
        model: its name, perhaps after a provider's, as in "openai:gpt-4o".
        tokens: of one call: prices may depend on how long the prompt is.
        provider: who was paid; if the list lacks it, the model's name has to do.
        at: when; today's price by default.
    """
    if not model or not tokens.total:
        return 0.0
    day = at and at.replace(hour=0, minute=0, second=0, microsecond=0)
    return _cost(model, tokens, provider, day)


@lru_cache(maxsize=4096)
def _cost(model: str, tokens: Tokens, provider: str, day: datetime | None) -> float:
    package = _package()
    if package is None:
        return 0.0
    usage = package.Usage(
        input_tokens=tokens.input,
        output_tokens=tokens.output,
        cache_read_tokens=tokens.cache_read,
        cache_write_tokens=tokens.cache_write,
    )
    names = (model, provider or None), (model, None), (_PROVIDER.sub("", model), None)
    for name, provider_id in dict.fromkeys(names):
        try:
            price = package.calc_price(
                usage, name, provider_id=provider_id, genai_request_timestamp=day
            )
        except (LookupError, ValueError):  # unknown, or more tokens cached than read
            continue
        return float(price.total_price)
    return 0.0


@cache
def _package() -> ModuleType | None:
    """Return the price list; loaded at the first call, because few processes need it."""
    try:
        return import_module("genai_prices")
    except ImportError:
        return None
