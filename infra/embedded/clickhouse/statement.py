"""A request's text taken apart: the statement, and the rows behind an INSERT."""

from dataclasses import dataclass

from pilotfish.infra.embedded.clickhouse.host_access import (
    reaches_out,
    values_reach_out,
)
from pilotfish.infra.sql import START, Token, tokens

_RETURN_ROWS = {
    *(b"SELECT", b"WITH", b"SHOW", b"DESCRIBE", b"DESC", b"EXISTS", b"EXPLAIN"),
    *(b"CHECK", b"FROM", b"VALUES", b"KILL", b"("),
}
# An INSERT with one of these takes its rows from a query: no data follows.
_ROWS_FROM_A_QUERY = {b"SELECT", b"WITH", b"FROM", b"WATCH"}
# A word behind one of these is the name of a table, whatever it says.
_BEFORE_A_NAME = {b"INTO", b"TABLE", b"."}


@dataclass(slots=True)
class Statement:
    """What a request's text asks for.

    Attributes:
        text: the statement, without data and what says its format.
        verb: its first word, in upper case; empty when there is no statement.
        count: statements found; data is never searched for more.
        format: the name after FORMAT, of the data or else of the output.
        data: the rows behind INSERT ... VALUES or INSERT ... FORMAT.
        forbidden: what in it reads or writes the machine's files; empty if nothing.
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
        """SETTINGS and what follows; empty without them."""
        return b"" if self.settings_at is None else self.text[self.settings_at :]

    @property
    def returns_rows(self) -> bool:
        """Whether an answer has a format, be it empty."""
        return self.verb in _RETURN_ROWS


def parse(sql: bytes) -> Statement:
    """Take a request's text apart."""
    found = Statement(sql)
    called, last, depth, in_statement, takes_data = START, START, 0, False, False
    for token in tokens(sql):
        if token.kind == "symbol":
            if token.text == b";":
                in_statement = False
                continue
            depth += (token.text in b"([{") - (token.text in b")]}")
        if not in_statement:
            in_statement = True
            found.count += 1
        if not found.verb:
            found.verb = token.keyword
            takes_data = token.keyword == b"INSERT"
        found.forbidden = found.forbidden or reaches_out(called, last, token)
        if depth == 0 and token.kind == "word":
            takes_data = takes_data and token.keyword not in _ROWS_FROM_A_QUERY
            if _names_format(found, last, token, takes_data):
                return found
        called, last = last, token
    return found


def _names_format(
    found: Statement, last: Token, token: Token, takes_data: bool
) -> bool:
    """Note format and settings; true when the token is the last one before data."""
    if token.keyword == b"SETTINGS" and last.keyword not in _BEFORE_A_NAME:
        found.settings_at = token.start
    if last.keyword == b"FORMAT":
        found.format = token.text.decode()
        head, tail = last.start, found.text[token.end :].lstrip(b" \t\r\f")
        tail = tail.removeprefix(b"\n")
    elif takes_data and token.keyword == b"VALUES":
        found.format = "Values"
        head, tail = token.start, found.text[token.end :]
    else:
        return False
    if takes_data:
        found.text, found.data = found.text[:head], tail
        if found.format.lower() == "values":
            found.forbidden = found.forbidden or values_reach_out(tail)
    return takes_data
