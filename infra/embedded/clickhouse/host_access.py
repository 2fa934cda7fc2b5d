"""What in a statement reaches for the machine: its files, its programs, this process.

Grants refuse the table functions and engines that read files, addresses and servers.
This refuses what no grant governs: `file()` as a function, text that chDB runs as an
expression, and INTO OUTFILE and FROM INFILE, which chDB does before it asks for grants.
"""

import re

from pilotfish.infra.sql import START, Token, tokens

_FILES = {
    *(b"FILE", b"FILECLUSTER", b"FILESYSTEM", b"SQLITE"),
    *(b"PYTHON", b"ARROWSTREAM", b"EXECUTABLE", b"BIGQUERY", b"DISK"),
}
# Databases on other servers; there is a grant for tables of such engines only.
_SERVERS = {
    *(b"MYSQL", b"POSTGRESQL", b"MATERIALIZEDPOSTGRESQL", b"S3", b"HDFS", b"URL"),
    *(b"REMOTE", b"REMOTESECURE", b"REPLICATED", b"DATALAKECATALOG", b"BACKUP"),
}
# Their text may hold columns with expressions, or statements.
_EVALUATE = {
    *(b"GENERATERANDOM", b"VALUES", b"NULL", b"INPUT", b"EVAL", b"VIEWEXPLAIN"),
}
_BEFORE_A_TABLE = {b"FROM", b"JOIN", b"INTO", b"TABLE", b"EXISTS", b"DESCRIBE", b"."}

# Found in a moment: a part of every name that rows could call.
_SUSPECT = re.compile(
    rb"file|sqlite|python|arrowstream|executable|bigquery|generaterandom|values|format"
    rb"|eval|viewexplain|[`\"]\w*\\|\xe2\x80\x9c",
    re.IGNORECASE,
)


def reaches_out(called: Token, last: Token, token: Token) -> str:
    """Name what reaches for the machine where three tokens meet; empty if nothing."""
    if token.kind == "word" and token.keyword in (b"INFILE", b"OUTFILE"):
        return token.keyword.decode()
    if token.kind == "symbol" and token.text >= b"\x80":
        # ClickHouse takes some for quotes and some for space: what follows is unclear.
        return "a character outside ASCII, outside quotes,"
    if token.text == b"(" and last.kind in ("word", "quoted"):
        return _call(last)
    if last.text == b"(" and called.keyword == b"FORMAT":
        return "" if _is_pattern(token) else "format() as a table"
    if last.keyword == b"ENGINE" or (called.keyword, last.text) == (b"ENGINE", b"="):
        return _engine(token)
    return _names_a_file(last, token)


def values_reach_out(rows: bytes) -> str:
    """Name what reaches for the machine in the rows of VALUES: they are expressions."""
    if not _SUSPECT.search(rows):
        return ""
    called, last = START, START
    for token in tokens(rows):
        found = reaches_out(called, last, token)
        if found:
            return found
        called, last = last, token
    return ""


def _call(function: Token) -> str:
    if function.kind == "quoted" and b"\\" in function.text:
        return "an escape in the name of a function"
    if function.keyword in _FILES | _EVALUATE:
        return function.text.decode(errors="replace") + "()"
    return ""


def _is_pattern(token: Token) -> bool:
    """Tell format('{} of {}', ...) from the table function, which names a format."""
    return token.kind == "string" and b"{" in token.text and b"\\" not in token.text


def _engine(name: Token) -> str:
    escaped = name.kind == "quoted" and b"\\" in name.text
    if escaped or name.keyword in _FILES | _SERVERS:
        return f"ENGINE {name.text.decode(errors='replace')}"
    return ""


def _names_a_file(last: Token, token: Token) -> str:
    if token.kind in ("string", "quoted") and last.keyword in _BEFORE_A_TABLE:
        return "a file as a table" if b"/" in token.text else ""
    return ""
