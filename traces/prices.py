"""What a model call cost, where nobody says it: by the price list of `genai-prices`."""

from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from genai_prices import Usage, calc_price


class Used(NamedTuple):
    """Tokens of a model call; those of the provider's cache are among the tokens in."""

    tokens_in: int
    tokens_out: int
    cached: int = 0
    written: int = 0


@lru_cache(maxsize=4096)
def price(model: str, provider: str, used: Used, at: datetime) -> float:
    """Return a price in dollars; 0 if the model is not on the list.

    Args:
        model: as the response or the request named it.
        provider: as a span names it; if the list lacks it, the model's name has to do.
        used: what is paid for.
        at: the day on which the price held.
    """
    beside = used.cached + used.written > used.tokens_in  # as Anthropic counts them
    usage = Usage(
        input_tokens=used.tokens_in + beside * (used.cached + used.written),
        output_tokens=used.tokens_out,
        cache_read_tokens=used.cached,
        cache_write_tokens=used.written,
    )
    for provider_id in dict.fromkeys((provider or None, None)):
        try:
            priced = calc_price(
                usage, model, provider_id=provider_id, genai_request_timestamp=at
            )
        except (LookupError, ValueError):
            continue
        return float(priced.total_price)
    return 0.0
