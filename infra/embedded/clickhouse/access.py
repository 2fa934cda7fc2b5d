"""Who may ask the gateway, and what: a user for everything, and one that only reads."""

import base64
import hmac
from dataclasses import dataclass
from typing import Self

from aiohttp import web

from pilotfish.infra.embedded.clickhouse.http_errors import (
    AUTHENTICATION_FAILED,
    READONLY,
    refusal,
)
from pilotfish.infra.embedded.clickhouse.statement import Statement
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import RequirementError

READER = "readonly"
"""The name of the user that only reads."""

_READING = {
    *(b"SELECT", b"WITH", b"FROM", b"(", b"VALUES", b"SHOW", b"DESCRIBE", b"DESC"),
    *(b"EXPLAIN", b"EXISTS"),
}
_REFUSED = (
    "Authentication failed: no such user, or another password. Use the "
    "PILOTFISH_CLICKHOUSE_USER and PILOTFISH_CLICKHOUSE_PASSWORD that the gateway was "
    "started with: as HTTP Basic, in X-ClickHouse-User and X-ClickHouse-Key, or as "
    "user and password in the address."
)


@dataclass(frozen=True, slots=True)
class User:
    """Somebody the gateway knows. An empty password lets everybody in who has the name."""

    name: str
    password: str
    reads_only: bool = False

    def is_meant(self, name: str, password: str) -> bool:
        """Compare in a time that does not depend on where the two differ."""
        named = hmac.compare_digest(_raw(name), _raw(self.name))
        right = hmac.compare_digest(_raw(password), _raw(self.password))
        return named and (right or not self.password)

    def check(self, statement: Statement) -> None:
        """Raise EngineError 164 if a user that only reads wants more.

        The engine refuses it, too: see `chdb_engine`. This says what to do.
        """
        if self.reads_only and statement.verb not in _READING:
            verb = statement.verb.decode(errors="replace")
            raise refusal(
                READONLY,
                f"user {self.name} only reads: {verb} is not for it. Use SELECT, SHOW, "
                "DESCRIBE, EXPLAIN or EXISTS, or log in as another user",
            )


@dataclass(frozen=True, slots=True)
class Login:
    """The users of a gateway."""

    users: tuple[User, ...]

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Return who the settings let in.

        Raises:
            RequirementError: the reader has a password, and who writes has none.
        """
        owner = User(
            settings.clickhouse_user, settings.clickhouse_password.get_secret_value()
        )
        secret = settings.clickhouse_readonly_password.get_secret_value()
        if not secret:
            return cls((owner,))
        if not owner.password or owner.name == READER:
            raise RequirementError(
                "PILOTFISH_CLICKHOUSE_READONLY_PASSWORD keeps nobody from writing: set "
                "PILOTFISH_CLICKHOUSE_PASSWORD, too, for a user of another name than "
                f"{READER}"
            )
        return cls((owner, User(READER, secret, reads_only=True)))

    def user(self, request: web.Request) -> User:
        """Return who asks; EngineError 516 unless it is somebody, with the password."""
        name, password = _credentials(request)
        for user in self.users:
            if user.is_meant(name, password):
                return user
        raise refusal(AUTHENTICATION_FAILED, _REFUSED)


def _credentials(request: web.Request) -> tuple[str, str]:
    headers, query = request.headers, request.query
    if "X-ClickHouse-User" in headers or "X-ClickHouse-Key" in headers:
        return (
            headers.get("X-ClickHouse-User", "default"),
            headers.get("X-ClickHouse-Key", ""),
        )
    if "Authorization" in headers:
        return _basic(headers["Authorization"])
    return query.get("user", "default"), query.get("password", "")


def _basic(header: str) -> tuple[str, str]:
    scheme, _, coded = header.partition(" ")
    if scheme.lower() != "basic":
        raise refusal(AUTHENTICATION_FAILED, f"Authorization is not Basic. {_REFUSED}")
    try:
        user, _, password = base64.b64decode(coded).decode().partition(":")
    except ValueError as error:
        raise refusal(
            AUTHENTICATION_FAILED, f"Authorization is not readable. {_REFUSED}"
        ) from error
    return user, password


def _raw(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
