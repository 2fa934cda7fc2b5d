"""Whose requests these are: the tenants by their tokens."""

import hashlib
import hmac
from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlunsplit

from pydantic import TypeAdapter, ValidationError

from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import ConfigurationError
from pilotfish.schemas.ids import Identifier

MIN_TOKEN: Final = 16
"""Characters of a token. A shorter one can be guessed, and the end of a bare token in
base64, "==", would else be taken for the token of a pair."""

_IDENTIFIER: Final = TypeAdapter(Identifier)
_HOW: Final = (
    "give a token, or tenant=token pairs separated by commas, with tokens of at least "
    f"{MIN_TOKEN} characters"
)


class Tenants:
    """The tenants, and the tokens that stand for them.

    Args:
        default: the tenant where no token is asked for.
        by_token: tenants by token; without any, no token is asked for.
    """

    def __init__(self, default: str, by_token: Mapping[str, str]) -> None:
        self.default = default
        self._by_digest = {_digest(t): tenant for t, tenant in by_token.items()}

    @classmethod
    def of(cls, settings: Settings) -> "Tenants":
        """Return the tenants of these settings.

        Raises:
            ConfigurationError: PILOTFISH_HTTP_TOKEN is malformed, or is missing although
                other machines could ask.
        """
        by_token = _parsed(settings.http_token.get_secret_value(), settings.tenant)
        if not by_token and not is_loopback(settings.http_host):
            raise ConfigurationError(
                f"PILOTFISH_HTTP_HOST is {settings.http_host}, which other machines "
                "reach: set PILOTFISH_HTTP_TOKEN, or listen on 127.0.0.1"
            )
        return cls(settings.tenant, by_token)

    @property
    def ask_for_tokens(self) -> bool:
        """Whether a request needs a token."""
        return bool(self._by_digest)

    def of_token(self, token: str) -> str | None:
        """Return whose token this is; takes equally long for every token."""
        digest = _digest(token)
        found = None
        for known, tenant in self._by_digest.items():
            if hmac.compare_digest(known, digest):
                found = tenant
        return found


def is_loopback(host: str) -> bool:
    """Return whether only this machine reaches that host, an address or a name."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def address(settings: Settings) -> str:
    """Return where the door is, as a URL."""
    host = settings.http_host
    named = f"[{host}]" if ":" in host else host
    return urlunsplit(("http", f"{named}:{settings.http_port}", "", "", ""))


def _parsed(text: str, default: str) -> dict[str, str]:
    by_token: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        tenant, pair, token = part.partition("=")
        if not pair:
            tenant, token = default, part
        _check(tenant, token)
        if by_token.setdefault(token, tenant) != tenant:
            raise ConfigurationError(
                f"PILOTFISH_HTTP_TOKEN: {tenant} and {by_token[token]} have one token: "
                "each tenant needs its own"
            )
    return by_token


def _check(tenant: str, token: str) -> None:
    try:
        _IDENTIFIER.validate_python(tenant)
    except ValidationError as error:
        raise ConfigurationError(
            f"PILOTFISH_HTTP_TOKEN: a tenant's name is malformed: {_HOW}"
        ) from error
    if len(token) < MIN_TOKEN:
        raise ConfigurationError(f"PILOTFISH_HTTP_TOKEN: a token is too short: {_HOW}")
    if not (token.isascii() and token.isprintable()):
        raise ConfigurationError(
            "PILOTFISH_HTTP_TOKEN: a token has characters that headers cannot carry: use "
            "letters, digits and signs of ASCII"
        )


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
