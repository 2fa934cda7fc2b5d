"""Errors of ClickHouse: a code, and the text that a server would send."""

import re
from typing import Self

_CODE = re.compile(r"^(?:Code: \d+\. DB::Exception: )*Code: (\d+)\. DB::Exception: ")
_NAME = re.compile(r"(?: \([A-Z0-9_]+\)(?: \(version [^)]*\))?[.]?)+\s*$")
_NO_CODE = 1001
SYNTAX_ERROR = 62


class EngineError(Exception):
    """An error of ClickHouse: its code, and its text as a server would send it."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = code

    @classmethod
    def of(cls, text: str, version: str) -> Self:
        """Return what chDB says, in a server's form: chDB repeats codes and names."""
        prefix = _CODE.match(text)
        code = int(prefix[1]) if prefix else _NO_CODE
        message = text[prefix.end() :] if prefix else text
        suffix = _NAME.search(message)
        name = suffix[0].split(")")[0].strip(" (") if suffix else "STD_EXCEPTION"
        message = message[: suffix.start()] if suffix else message
        return cls(
            code, f"Code: {code}. DB::Exception: {message} ({name}) (version {version})"
        )
