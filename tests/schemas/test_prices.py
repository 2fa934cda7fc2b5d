"""Prices: of known models, by whatever name; nothing for others, and nothing raises."""

import pytest

from pilotfish.schemas import prices
from pilotfish.schemas.prices import Tokens, cost


@pytest.mark.parametrize("name", ["gpt-4o", "openai:gpt-4o", "openai/gpt-4o"])
def test_a_call_costs_what_its_tokens_cost(name: str) -> None:
    assert cost(name, Tokens(input=1000, output=10)) == pytest.approx(0.0026)


def test_tokens_from_a_cache_cost_less() -> None:
    cached = cost("gpt-4o", Tokens(input=1000, output=10, cache_read=1000))
    assert 0 < cached < cost("gpt-4o", Tokens(input=1000, output=10))


@pytest.mark.parametrize(
    ("name", "tokens"),
    [
        ("", Tokens(1, 1)),
        ("a-model-of-our-own", Tokens(1, 1)),
        ("gpt-4o", Tokens()),
        ("gpt-4o", Tokens(input=1, cache_read=5)),
    ],
)
def test_what_is_not_known_costs_nothing(name: str, tokens: Tokens) -> None:
    assert cost(name, tokens) == 0.0


def test_without_the_package_nothing_has_a_price(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prices._cost.cache_clear()
    monkeypatch.setattr(prices, "_package", lambda: None)
    assert cost("gpt-4o", Tokens(1000, 10)) == 0.0
    prices._cost.cache_clear()
