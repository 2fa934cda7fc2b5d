"""Splits a request's text into the statement and the rows that follow an INSERT."""

from dataclasses import dataclass

from pilotfish.infra.embedded.clickhouse.host_access import (
    host_access,
    host_access_of_values,
)
from pilotfish.infra.sql import START, Token, tokens

_RETURN_ROWS = frozenset(
    b"SELECT WITH SHOW DESCRIBE DESC EXISTS EXPLAIN CHECK FROM VALUES KILL (".split()
)
# An INSERT with one of these keywords takes its rows from a query: no data follows.
_ROWS_FROM_A_QUERY = frozenset((b"SELECT", b"WITH", b"FROM", b"WATCH"))
# A word after one of these is the name of a table, even if it is a keyword.
_BEFORE_A_NAME = frozenset((b"INTO", b"TABLE", b"."))


@dataclass(slots=True)
class Statement:
    """A request's statement.

    Attributes:
        text: the statement, without data and the clause that names the data's format.
        verb: its first word, in upper case; empty when there is no statement.
        count: number of statements; data is never searched for more.
        format: the name after FORMAT, of the data or else of the output.
        data: the rows after INSERT ... VALUES or INSERT ... FORMAT.
        forbidden: the part that accesses the machine; empty if there is none.
        settings_at: where in the text its SETTINGS begin.
    """

    text: bytes
    verb: bytes = b""
    count: int = 0
    format: str = ""
    data: bytes | None = None
    forbidden: str = ""
    settings_at: int | None = None

    @property
    def head(self) -> bytes:
        """The text without its SETTINGS."""
        return self.text[: self.settings_at]

    @property
    def settings(self) -> bytes:
        """SETTINGS and the text after them; empty without SETTINGS."""
        return b"" if self.settings_at is None else self.text[self.settings_at :]

    @property
    def returns_rows(self) -> bool:
        """Whether the answer has a format, even if it has no rows."""
        return self.verb in _RETURN_ROWS


def parse(sql: bytes) -> Statement:
    """Parse a request's text, as far as the gateway needs it."""
    statement = Statement(sql)
    before_last, last = START, START
    depth, in_statement, takes_data = 0, False, False
    for token in tokens(sql):
        if token.kind == "symbol":
            if token.text == b";":
                in_statement = False
                continue
            depth += (token.text in b"([{") - (token.text in b")]}")
        if not in_statement:
            in_statement = True
            statement.count += 1
        if not statement.verb:
            statement.verb = token.keyword
            takes_data = token.keyword == b"INSERT"
        access = statement.forbidden or host_access(before_last, last, token)
        statement.forbidden = access
        if depth == 0 and token.kind == "word":
            takes_data = takes_data and token.keyword not in _ROWS_FROM_A_QUERY
            if _data_follows(statement, last, token, takes_data):
                return statement
        before_last, last = last, token
    return statement


def _data_follows(
    statement: Statement, last: Token, token: Token, takes_data: bool
) -> bool:
    """Note format and settings; return whether data follows this token."""
    if token.keyword == b"SETTINGS" and last.keyword not in _BEFORE_A_NAME:
        statement.settings_at = token.start
    if last.keyword == b"FORMAT":
        statement.format = token.text.decode()
        head, tail = last.start, statement.text[token.end :].lstrip(b" \t\r\f")
        tail = tail.removeprefix(b"\n")
    elif takes_data and token.keyword == b"VALUES":
        statement.format = "Values"
        head, tail = token.start, statement.text[token.end :]
    else:
        return False
    if takes_data:
        statement.text, statement.data = statement.text[:head], tail
        if statement.format.lower() == "values" and not statement.forbidden:
            statement.forbidden = host_access_of_values(tail)
    return takes_data
