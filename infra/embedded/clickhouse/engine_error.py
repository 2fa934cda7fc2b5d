"""Errors of ClickHouse: a code, and the text that a server would send."""

import re
from typing import Self

from chdb import ChdbError

_CODE = re.compile(r"^(?:Code: \d+\. DB::Exception: )*Code: (\d+)\. DB::Exception: ")
_NAME = re.compile(r"(?: \([A-Z0-9_]+\)(?: \(version [^)]*\))?[.]?)+\s*$")
_NO_CODE = 1001
SYNTAX_ERROR = 62

_WHERE_FORMATTED = re.compile(
    r": In scope SELECT formatQuerySingleLine.*?( \([A-Z_]+\))?$", re.DOTALL
)
RAISED = (ChdbError, RuntimeError, UnicodeDecodeError)
"""What chDB raises: the last one where its error repeats text that is not UTF-8."""


class EngineError(Exception):
    """An error of ClickHouse: its code, and its text as a server would send it."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code

    @classmethod
    def of(cls, error: Exception, version: str) -> Self:
        """Return what chDB raised, in a server's form: chDB repeats codes and names."""
        text = _WHERE_FORMATTED.sub(r"\1", _text(error))
        prefix = _CODE.match(text)
        code = int(prefix[1]) if prefix else _NO_CODE
        message = text[prefix.end() :] if prefix else text
        suffix = _NAME.search(message)
        name = suffix[0].split(")")[0].strip(" (") if suffix else "STD_EXCEPTION"
        message = message[: suffix.start()] if suffix else message
        return cls(
            code, f"Code: {code}. DB::Exception: {message} ({name}) (version {version})"
        )


def _text(error: Exception) -> str:
    if isinstance(error, UnicodeDecodeError):
        return error.object.decode(errors="replace")
    return str(error)
