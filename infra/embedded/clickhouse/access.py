"""The gateway's users: one with all rights, and one that only reads."""

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
from pilotfish.infra.embedded.clickhouse.statement import READING, Statement
from pilotfish.runtime.settings import CLICKHOUSE_READER
from pilotfish.schemas.errors import RequirementError

_REFUSED = (
    "Authentication failed: wrong user or password. Send the PILOTFISH_CLICKHOUSE_USER "
    "and PILOTFISH_CLICKHOUSE_PASSWORD that the gateway was started with: as HTTP "
    "Basic, in X-ClickHouse-User and X-ClickHouse-Key, or as user and password in the "
    "address."
)


@dataclass(frozen=True, slots=True)
class User:
    """A user of the gateway. With an empty password, the name alone is enough."""

    name: str
    password: str
    reads_only: bool = False

    def matches(self, name: str, password: str) -> bool:
        """Compare in a time that does not depend on where the two differ."""
        same_name = hmac.compare_digest(_raw(name), _raw(self.name))
        same_password = hmac.compare_digest(_raw(password), _raw(self.password))
        return same_name and (same_password or not self.password)

    def check(self, statement: Statement) -> None:
        """Raise EngineError 164 if a user that only reads sends another statement.

        The engine refuses it, too (see `chdb_engine`); this error says what to do.
        """
        if self.reads_only and statement.verb not in READING:
            verb = statement.verb.decode(errors="replace")
            raise refusal(
                READONLY,
                f"user {self.name} only reads and may not run {verb}. Use SELECT, SHOW, "
                "DESCRIBE, EXPLAIN or EXISTS, or log in as another user",
            )


@dataclass(frozen=True, slots=True)
class Login:
    """The users of a gateway."""

    users: tuple[User, ...]

    @classmethod
    def of(cls, owner: User, reader_password: str) -> Self:
        """Return the login of the owner and, with a password for it, of the reader.

        Raises:
            RequirementError: the reader has a password, but the owner has none.
        """
        if not reader_password:
            return cls((owner,))
        if not owner.password or owner.name == CLICKHOUSE_READER:
            raise RequirementError(
                "PILOTFISH_CLICKHOUSE_READONLY_PASSWORD alone keeps nobody from writing: "
                "set PILOTFISH_CLICKHOUSE_PASSWORD as well, for a user whose name is not "
                f"{CLICKHOUSE_READER}"
            )
        return cls((owner, User(CLICKHOUSE_READER, reader_password, reads_only=True)))

    def user(self, request: web.Request) -> User:
        """Return the user of a request; raise EngineError 516 for wrong credentials."""
        name, password = _credentials(request)
        for user in self.users:
            if user.matches(name, password):
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
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        raise refusal(AUTHENTICATION_FAILED, f"Authorization is not Basic. {_REFUSED}")
    try:
        user, _, password = base64.b64decode(encoded).decode().partition(":")
    except ValueError as error:
        raise refusal(
            AUTHENTICATION_FAILED, f"Authorization is not readable. {_REFUSED}"
        ) from error
    return user, password


def _raw(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
