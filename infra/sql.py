"""A lexer for ClickHouse SQL, lazy enough to stop before the data of an INSERT."""

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    rb"""(?P<skip>\s+|(?:--|//)[^\n]*|\#[ !][^\n]*)
       |(?P<comment>/\*)
       |(?P<string>'(?:[^'\\]|\\.|'')*'?)
       |(?P<heredoc>\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
       |(?P<quoted>`(?:[^`\\]|\\.|``)*`?|"(?:[^"\\]|\\.|"")*"?)
       |(?P<word>\d\w*|[A-Za-z_$][\w$]*)
       |(?P<symbol>.)""",
    re.VERBOSE | re.DOTALL,
)


_COMMENT = re.compile(rb"/\*|\*/")


def quoted(text: str, quote: str = "'") -> str:
    """Return a text as a string literal, or with a backquote as an identifier."""
    return quote + text.replace("\\", "\\\\").replace(quote, "\\" + quote) + quote


class Token(NamedTuple):
    """One token: its kind, its text without identifier quotes, and its position."""

    kind: str
    text: bytes
    start: int
    end: int

    @property
    def keyword(self) -> bytes:
        """The text in upper case."""
        return self.text.upper()


START = Token("", b"", 0, 0)
"""Stands for the token before the first one."""


def tokens(sql: bytes) -> Iterator[Token]:
    """Yield the tokens without white space and comments, each read on demand."""
    at = 0
    while match := _TOKEN.match(sql, at):
        kind, at = str(match.lastgroup), match.end()
        if kind == "comment":
            at = _after_comment(sql, match.start())
        elif kind != "skip":
            text = match[0][1:-1] if kind == "quoted" else match[0]
            yield Token(kind, text, match.start(), match.end())


def _after_comment(sql: bytes, start: int) -> int:
    """Return where a comment ends; comments nest."""
    depth = 0
    for match in _COMMENT.finditer(sql, start):
        depth += 1 if match[0] == b"/*" else -1
        if depth == 0:
            return match.end()
    return len(sql)


def split(script: str) -> list[str]:
    """Split a script into its statements, without the comments between them."""
    raw = script.encode()
    statements: list[str] = []
    start = end = -1
    for token in tokens(raw):
        if token.text == b";" and token.kind == "symbol":
            statements += [raw[start:end].decode()] if start >= 0 else []
            start = -1
            continue
        start = token.start if start < 0 else start
        end = token.end
    return statements + ([raw[start:end].decode()] if start >= 0 else [])
