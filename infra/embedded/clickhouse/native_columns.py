"""Finds where the columns of a Native block end."""

from types import SimpleNamespace
from typing import Any, Final

from clickhouse_connect.datatypes.registry import get_from_name
from clickhouse_connect.driver.buffer import ResponseBuffer
from clickhouse_connect.driver.exceptions import (
    ClickHouseError,
    StreamCompleteException,
)
from clickhouse_connect.driver.query import QueryContext

_POINT = "Tuple(Float64, Float64)"
_SHAPES = {
    "Point": _POINT,
    "Ring": f"Array({_POINT})",
    "LineString": f"Array({_POINT})",
    "Polygon": f"Array(Array({_POINT}))",
    "MultiLineString": f"Array(Array({_POINT}))",
    "MultiPolygon": f"Array(Array(Array({_POINT})))",
}
_DYNAMIC: Final = ("Dynamic", "JSON", "Object", "Variant")
_buffer: Final[Any] = ResponseBuffer
_NOTHING_FOLLOWS: Final = SimpleNamespace(gen=iter(()))


class IncompleteError(Exception):
    """The bytes end within a block."""


class NativeReader:
    """Walks through a block's bytes from `at`.

    Raises:
        IncompleteError: they end too early.
        LookupError: a type's data cannot be walked through.
    """

    def __init__(self, data: bytes | bytearray) -> None:
        self.data = data
        self.at = 0

    def number(self) -> int:
        """Read a number of 7 bits a byte."""
        value = shift = 0
        while True:
            byte = self._bytes(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    def text(self) -> str:
        """Read a text with its length before it."""
        return self._bytes(self.number()).decode()

    def column(self, type_name: str, rows: int) -> None:
        """Pass over the data of a column."""
        try:
            kind = get_from_name(type_name)
        except ClickHouseError as error:
            raise LookupError(str(error)) from error
        if rows and _tells_types(kind):
            self._decode(kind, rows)
        elif rows:
            self._prefix(kind)
            self._column(kind, rows)

    def _decode(self, kind: Any, rows: int) -> None:
        """Pass over a column whose data tell what types are in it, by decoding it."""
        source = _buffer(_NOTHING_FOLLOWS)
        source.buffer, source.buf_sz, source.buf_loc = (
            self.data,
            len(self.data),
            self.at,
        )
        try:
            kind.read_column(source, rows, QueryContext())
        except StreamCompleteException as error:
            raise IncompleteError from error
        except ClickHouseError as error:
            raise LookupError(str(error)) from error
        self.at = source.buf_loc

    def _bytes(self, size: int) -> bytes | bytearray:
        start = self.at
        self.at += size
        if self.at > len(self.data):
            raise IncompleteError
        return self.data[start : self.at]

    def _prefix(self, kind: Any) -> None:
        """Pass over the versions of dictionaries, which precede all data."""
        if kind.low_card:
            self._bytes(8)
        for part in _parts(kind):
            self._prefix(part)

    def _column(self, kind: Any, rows: int) -> None:
        if kind.low_card:
            self._dictionary(kind)
            return
        if kind.nullable:
            self._bytes(rows)
        self._values(kind, rows)

    def _values(self, kind: Any, rows: int) -> None:
        name = kind.base_type
        if name == "String":
            self._strings(rows)
        elif name in _SHAPES:
            self._column(get_from_name(_SHAPES[name]), rows)
        elif name in ("Array", "Map", "Nested"):
            self._array(_parts(kind), rows)
        elif parts := _parts(kind):
            for part in parts:
                self._column(part, rows)
        elif kind.byte_size:
            self._bytes(kind.byte_size * rows)
        else:
            raise LookupError(f"columns of type {kind.name}")

    def _array(self, parts: list[Any], rows: int) -> None:
        ends = self._bytes(8 * rows)
        total = int.from_bytes(ends[-8:], "little")
        for part in parts if total else []:
            self._column(part, total)

    def _strings(self, rows: int) -> None:
        data, at, end = self.data, self.at, len(self.data)
        for _ in range(rows):
            if at >= end:
                raise IncompleteError
            if data[at] < 0x80:
                at += data[at] + 1
            else:
                self.at = at
                self._bytes(self.number())
                at = self.at
        self.at = at
        self._bytes(0)

    def _dictionary(self, kind: Any) -> None:
        width = 1 << self._bytes(8)[0]
        self._values(kind, int.from_bytes(self._bytes(8), "little"))
        self._bytes(width * int.from_bytes(self._bytes(8), "little"))


def _tells_types(kind: Any) -> bool:
    return kind.base_type in _DYNAMIC or any(map(_tells_types, _parts(kind)))


def _parts(kind: Any) -> list[Any]:
    """Return the types within a type."""
    name = kind.base_type
    if name in ("Array", "SimpleAggregateFunction"):
        return [kind.element_type]
    if name == "Map":
        return [kind.key_type, kind.value_type]
    return list(kind.element_types) if name in ("Tuple", "Nested") else []
