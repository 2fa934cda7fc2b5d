"""Splits a request's text into the statement and the rows that follow an INSERT."""

import re
from dataclasses import dataclass

from pilotfish.infra.embedded.clickhouse.host_access import (
    host_access,
    host_access_of_values,
)
from pilotfish.infra.sql import START, Token, tokens

_RETURN_ROWS = frozenset(
    b"SELECT WITH SHOW DESCRIBE DESC EXISTS EXPLAIN CHECK FROM VALUES KILL (".split()
)
READING = frozenset(
    b"SELECT WITH FROM ( VALUES SHOW DESCRIBE DESC EXPLAIN EXISTS".split()
)
"""First words of statements that only read; after WITH, an INSERT may follow."""
# An INSERT with one of these keywords takes its rows from a query: no data follows.
_ROWS_FROM_A_QUERY = frozenset((b"SELECT", b"WITH", b"FROM", b"WATCH"))
# Their rows may be many: the engine writes them to a pipe while it makes them.
_MANY_ROWS = frozenset(b"SELECT WITH FROM (".split())
OWN_OUTPUT = re.compile(
    r" INTO OUTFILE '/proc/self/fd/[0-9]+' APPEND COMPRESSION 'none'"
)
"""What the gateway adds to a statement to get its rows while they are made."""
# A word after one of these is the name of a table, even if it is a keyword.
_BEFORE_A_NAME = frozenset((b"INTO", b"TABLE", b"."))
# After one of these, FORMAT is a name.
_BEFORE_A_VALUE = frozenset(
    b"SELECT DISTINCT WHERE PREWHERE HAVING BY ON AND OR NOT IN LIKE WHEN THEN ELSE AS "
    b"FROM JOIN . , + - / % = < > ( [ {".split()
)


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
        format_at: where in the text its FORMAT begins.
        ends_at: where in the text its last token ends.
        inserts: whether it is an INSERT, also one that begins with WITH.
    """

    text: bytes
    verb: bytes = b""
    count: int = 0
    format: str = ""
    data: bytes | None = None
    forbidden: str = ""
    settings_at: int | None = None
    format_at: int | None = None
    ends_at: int = 0
    inserts: bool = False

    @property
    def streams(self) -> bool:
        """Whether its rows may be too many to hold in memory."""
        return self.verb in _MANY_ROWS and not self.inserts

    @property
    def only_reads(self) -> bool:
        """Whether it changes nothing that others see."""
        return self.verb in READING and not self.inserts

    def into(self, pipe: int) -> bytes:
        """The text with the pipe as the place of its output."""
        clause = f" INTO OUTFILE '/proc/self/fd/{pipe}' APPEND COMPRESSION 'none'"
        at = self.ends_at if self.format_at is None else self.format_at
        return self.text[:at] + clause.encode() + self.text[at:]

    def described(self) -> bytes:
        """Return the statement that names the columns of this one and their types."""
        at = self.ends_at if self.format_at is None else self.format_at
        return b"DESCRIBE TABLE (" + self.text[:at] + b"\n)"

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
        _note_format(statement, before_last, last, token)
        statement.ends_at = token.end
        before_last, last = last, token
    return statement


def _note_format(
    statement: Statement, before_last: Token, last: Token, token: Token
) -> None:
    """Note a FORMAT clause; what else follows than SETTINGS shows that it was none."""
    if statement.format_at is not None:
        in_settings = (statement.settings_at or 0) > statement.format_at
        if token.keyword != b"SETTINGS" and not in_settings:
            statement.format, statement.format_at = "", None
    elif token.kind not in ("word", "quoted"):
        return
    elif last.keyword == b"FORMAT" and before_last.keyword not in _BEFORE_A_VALUE:
        statement.format = token.text.decode(errors="replace")
        statement.format_at = last.start


def _data_follows(
    statement: Statement, last: Token, token: Token, takes_data: bool
) -> bool:
    """Note settings; separate the data, and return True, if it follows this token."""
    statement.inserts |= token.keyword == b"INSERT"
    if token.keyword == b"SETTINGS" and last.keyword not in _BEFORE_A_NAME:
        statement.settings_at = token.start
    if not takes_data:
        return False
    if last.keyword == b"FORMAT":
        statement.format = token.text.decode()
        head, tail = last.start, statement.text[token.end :].lstrip(b" \t\r\f")
        tail = tail.removeprefix(b"\n")
    elif token.keyword == b"VALUES":
        statement.format = "Values"
        head, tail = token.start, statement.text[token.end :]
    else:
        return False
    statement.text, statement.data = statement.text[:head], tail
    if statement.format.lower() == "values" and not statement.forbidden:
        statement.forbidden = host_access_of_values(tail)
    return True
