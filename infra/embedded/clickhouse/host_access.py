"""Detects statements that access the machine: its files, its programs, this process.

Grants refuse the table functions and engines that read files, addresses and servers.
This module names what no grant governs: `file()` as a function, text that chDB runs as
an expression, and INTO OUTFILE and FROM INFILE, which chDB runs before it checks grants.

It reads tokens, and is suspicious of what the engine may read otherwise. A suspected
statement is read again as the engine formats it (`suspicion`): that spelling is the only
one for what it does, and the same rules then decide.
"""

import re

from pilotfish.infra.sql import START, Token, tokens

_FILES = frozenset(
    b"FILE FILECLUSTER FILESYSTEM SQLITE PYTHON ARROWSTREAM EXECUTABLE BIGQUERY "
    b"DISK".split()
)
# Databases on other servers: grants cover only tables of these engines.
_SERVERS = frozenset(
    b"MYSQL POSTGRESQL MATERIALIZEDPOSTGRESQL S3 HDFS URL REMOTE REMOTESECURE "
    b"REPLICATED DATALAKECATALOG BACKUP".split()
)
# Their arguments may hold columns with expressions, or statements.
_EVALUATE = frozenset(b"GENERATERANDOM VALUES NULL INPUT EVAL VIEWEXPLAIN".split())
ESCAPED = "an escape in a name that could be a function's or an engine's"
"""What `host_access` says of a name that the engine may read as another one."""
_BEFORE_A_TABLE = frozenset(b"FROM JOIN INTO TABLE EXISTS DESCRIBE .".split())

# A quick first check: every dangerous call in rows contains one of these parts.
_SUSPECT = re.compile(
    rb"file|sqlite|python|arrowstream|executable|bigquery|generaterandom|values|format"
    rb"|eval|viewexplain|[`\"]\w*\\|\xe2\x80\x9c",
    re.IGNORECASE,
)


def host_access(before_last: Token, last: Token, token: Token) -> str:
    """Name the access to the machine that three adjacent tokens show; empty if none."""
    if token.kind == "word" and token.keyword in (b"INFILE", b"OUTFILE"):
        return token.keyword.decode()
    if token.kind == "symbol" and token.text >= b"\x80":
        # ClickHouse reads some as quotes and some as space: what follows is unclear.
        return "a character outside ASCII, outside quotes,"
    if token.text == b"(" and last.kind in ("word", "quoted"):
        return _call(last)
    if last.text == b"(" and before_last.keyword == b"FORMAT":
        return "" if _is_pattern(token) else "format() as a table"
    if last.keyword == b"ENGINE" or (before_last.keyword, last.text) == (
        b"ENGINE",
        b"=",
    ):
        return _engine(token)
    return _file_as_table(last, token)


def host_access_of_values(rows: bytes) -> str:
    """Name the access to the machine in the rows of VALUES, which are expressions."""
    if not _SUSPECT.search(rows):
        return ""
    before_last, last = START, START
    for token in tokens(rows):
        access = host_access(before_last, last, token)
        if access:
            return access
        before_last, last = last, token
    return ""


def _call(function: Token) -> str:
    if function.kind == "quoted" and b"\\" in function.text:
        return ESCAPED
    if function.keyword in _FILES | _EVALUATE:
        return function.text.decode(errors="replace") + "()"
    return ""


def _is_pattern(token: Token) -> bool:
    """Whether this is format('{} of {}', ...), not the table function of that name.

    That one begins with the name of a format: letters and digits.
    """
    plain = token.kind == "string" and b"\\" not in token.text
    return plain and not token.text.strip(b"'").isalnum()


def _engine(name: Token) -> str:
    if name.kind == "quoted" and b"\\" in name.text:
        return ESCAPED
    if name.keyword in _FILES | _SERVERS:
        return f"ENGINE {name.text.decode(errors='replace')}"
    return ""


def _file_as_table(last: Token, token: Token) -> str:
    if token.kind in ("string", "quoted") and last.keyword in _BEFORE_A_TABLE:
        return "a file as a table" if b"/" in token.text else ""
    return ""
