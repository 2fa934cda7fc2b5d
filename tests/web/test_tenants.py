"""Tokens of tenants, and the settings that are refused."""

import pytest
from pydantic import SecretStr

from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import ConfigurationError
from pilotfish.web.tenants import Tenants, is_loopback

ONE, TWO = "one-token-of-theirs", "two-token-of-theirs"


def tenants(token: str, host: str = "127.0.0.1") -> Tenants:
    return Tenants.of(
        Settings(tenant="mine", http_token=SecretStr(token), http_host=host)
    )


def test_without_a_token_everybody_is_the_settings_tenant() -> None:
    assert not tenants("").ask_for_tokens
    assert tenants("").default == "mine"
    assert tenants("").of_token("") is None


def test_a_bare_token_is_the_settings_tenant() -> None:
    both = tenants(f"{ONE}, beta={TWO}")
    assert both.ask_for_tokens
    assert (both.of_token(ONE), both.of_token(TWO)) == ("mine", "beta")
    assert both.of_token("") is both.of_token(ONE[:-1]) is None


@pytest.mark.parametrize(
    ("token", "why"),
    [
        ("short", "too short"),
        ("acme=short", "too short"),
        (f"a b={ONE}", "name is malformed"),
        (f"={ONE}", "name is malformed"),
        ("bG9uZy1lbm91Z2gtdG9rZW4=", "too short"),
        (f"a={ONE},b={ONE}", "have one token"),
        (f"a=ö{ONE}", "signs of ASCII"),
    ],
)
def test_malformed_tokens_are_refused_and_not_shown(token: str, why: str) -> None:
    with pytest.raises(ConfigurationError, match=why) as refused:
        tenants(token)
    assert ONE not in str(refused.value)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "a.example"])
def test_other_machines_need_a_token(host: str) -> None:
    with pytest.raises(ConfigurationError, match="set PILOTFISH_HTTP_TOKEN"):
        tenants("", host)
    assert tenants(ONE, host).ask_for_tokens


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost"])
def test_this_machine_is_reached_by_itself_only(host: str) -> None:
    assert is_loopback(host)
