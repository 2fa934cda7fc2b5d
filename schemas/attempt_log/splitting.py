"""Splits text into JSON objects: one a line, pretty-printed, or elements of an array.

An object ends where its brackets close, and at the latest where another begins: a cut line
costs no other.
"""

import json
import re
from collections.abc import Iterator
from typing import Final, NamedTuple, TextIO

from pilotfish.schemas.texts import encodable

_PIECE: Final = 16 * 1024 * 1024
"""Characters that are read at once from a line without an end."""
_BETWEEN: Final = " \t\r\n,\ufeff\x1e\0"
"""What may stand between objects: files put together have byte order marks inside, JSON text
sequences (RFC 7464) a character before each, and a log that a power cut ended has zeros."""
_NO_OBJECT: Final = (
    "Invalid JSON: not an object; a log is JSON lines, other JSON, or Parquet"
)

_TOP: Final = re.compile(r"[{\[\]]")
_NESTED: Final = re.compile(r'["{}\[\]]')
_STRING_END: Final = re.compile(r'[^"\\]*+(?:\\.[^"\\]*+)*+"', re.DOTALL)
_HALF_CHARACTER: Final = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")
_CONSTANTS: Final = {"Infinity": float("inf"), "-Infinity": float("-inf")}
"""NaN, which some writers use for nothing, is read as null."""


class Json(NamedTuple):
    """A value, and the line it begins in; `mended` if it had half characters."""

    line: int
    value: object
    mended: bool = False


class NoJson(NamedTuple):
    """Text that is not JSON, and the line it begins in."""

    line: int
    reason: str


def split(text: TextIO) -> Iterator[Json | NoJson]:
    """Yield the values of a file in order; memory holds one at a time."""
    splitter = _Splitter()
    for number, piece, begins in _pieces(text):
        if begins and splitter.is_cut_by(piece):
            yield from splitter.end()
        if begins and splitter.idle and (whole := _whole(number, piece)):
            yield whole
        else:
            yield from splitter.feed(number, piece)
    yield from splitter.end()


def _pieces(text: TextIO) -> Iterator[tuple[int, str, bool]]:
    """Yield line numbers, lines, and whether these begin a line: long ones come in pieces."""
    number, begins = 1, True
    while piece := text.readline(_PIECE):
        while piece.endswith("\\") and (more := text.read(1)):
            piece += more
        yield number, piece, begins
        begins = piece.endswith("\n")
        number += begins


def _whole(number: int, line: str) -> Json | None:
    """Return the object of a line that is one, the usual case."""
    stripped = line.strip(_BETWEEN)
    if stripped.startswith("{") and stripped.endswith("}"):
        parsed = _parsed(number, stripped)
        if isinstance(parsed, Json):
            return parsed
    return None


class _Splitter:
    """Follows the brackets from piece to piece."""

    def __init__(self) -> None:
        self._parts: list[str] = []
        self._line = 0
        self._depth = 0
        self._in_string = False
        self._indent = ""
        self._nested_lines_are_indented: bool | None = None

    @property
    def idle(self) -> bool:
        """Whether no object is open."""
        return not self._depth

    def is_cut_by(self, line: str) -> bool:
        """Return whether a line begins another object than the open one."""
        if self.idle:
            return False
        if self._nested_lines_are_indented is None:
            bare = "".join(self._parts).strip() == "{"
            indented = line.startswith((self._indent + " ", self._indent + "\t"))
            self._nested_lines_are_indented = indented or not bare
        return self._nested_lines_are_indented and line.startswith(self._indent + "{")

    def feed(self, number: int, piece: str) -> Iterator[Json | NoJson]:
        """Yield the values that end in this piece."""
        at = 0
        while at < len(piece):
            if self.idle:
                at, stray = self._to_object(number, piece, at)
                if stray:
                    yield NoJson(number, _NO_OBJECT)
            else:
                begin, at = at, self._to_end(piece, at)
                self._parts.append(piece[begin:at])
                if self.idle:
                    yield self._taken()
        if self._in_string and piece.endswith("\n"):
            yield from self.end()

    def end(self) -> Iterator[NoJson]:
        """Give up the open object, if there is one."""
        if not self.idle:
            self._depth, self._in_string = 0, False
            self._parts.clear()
            yield NoJson(self._line, "Invalid JSON: the object does not end")

    def _to_object(self, number: int, piece: str, at: int) -> tuple[int, bool]:
        """Go to the next object; tell whether something else was on the way."""
        found = _TOP.search(piece, at)
        stop = found.start() if found else len(piece)
        stray = bool(piece[at:stop].strip(_BETWEEN))
        if found is None or found[0] != "{":
            return stop + 1, stray
        blanks = piece[:stop]
        self._indent = "" if blanks.strip() else blanks
        self._line, self._depth = number, 1
        self._nested_lines_are_indented = None
        self._parts.append("{")
        return stop + 1, stray

    def _to_end(self, piece: str, at: int) -> int:
        """Go to the end of the open object, or of the piece."""
        while self._depth and at < len(piece):
            if self._in_string:
                found = _STRING_END.match(piece, at)
            else:
                found = _NESTED.search(piece, at)
            if found is None:
                return len(piece)
            at = found.end()
            if self._in_string or found[0] == '"':
                self._in_string = not self._in_string
            else:
                self._depth += 1 if found[0] in "{[" else -1
        return at

    def _taken(self) -> Json | NoJson:
        text = "".join(self._parts)
        self._parts.clear()
        return _parsed(self._line, text)


def _parsed(number: int, text: str) -> Json | NoJson:
    try:
        value = json.loads(text, parse_constant=_CONSTANTS.get)
    except json.JSONDecodeError as error:
        return NoJson(number, f"Invalid JSON: {error.msg}, character {error.pos + 1}")
    except (ValueError, RecursionError) as error:
        return NoJson(number, f"Invalid JSON: {error}")
    if not _HALF_CHARACTER.search(text):
        return Json(number, value)
    mended = _mended(value)
    return Json(number, mended, mended=mended != value)


def _mended(value: object) -> object:
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, list):
        return [_mended(element) for element in value]
    if isinstance(value, dict):
        return {encodable(name): _mended(element) for name, element in value.items()}
    return value
