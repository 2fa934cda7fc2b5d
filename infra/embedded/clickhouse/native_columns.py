"""Finds where the columns of a Native block end."""

from typing import Any, Final, NamedTuple

from clickhouse_connect.datatypes.registry import get_from_name
from clickhouse_connect.driver.exceptions import ClickHouseError

_POINT = "Tuple(Float64, Float64)"
_SHAPES = {
    "Point": _POINT,
    "Ring": f"Array({_POINT})",
    "LineString": f"Array({_POINT})",
    "Polygon": f"Array(Array({_POINT}))",
    "MultiLineString": f"Array(Array({_POINT}))",
    "MultiPolygon": f"Array(Array(Array({_POINT})))",
}
_OTHER_TYPES: Final = ("SharedVariant", "String")
"""Where a Dynamic keeps values of the types that have no column of their own."""
_OTHER_PATHS: Final = "Map(String, String)"
"""Where a JSON keeps the paths that have no column of their own."""


class IncompleteError(Exception):
    """The bytes end within a block."""


class Layout(NamedTuple):
    """A column's type and the layouts of the columns within it."""

    kind: Any
    parts: list["Layout"]


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
        if rows:
            self._column(self._layout(_type(type_name)), rows)

    def _bytes(self, size: int) -> bytes | bytearray:
        start = self.at
        self.at += size
        if self.at > len(self.data):
            raise IncompleteError
        return self.data[start : self.at]

    def _layout(self, kind: Any) -> Layout:
        """Read what precedes all data: versions, and the types that only the data tell."""
        name = kind.base_type
        if kind.low_card:
            self._bytes(8)
        if name == "Dynamic":
            return Layout(kind, self._types())
        if name == "JSON":
            return Layout(kind, self._paths(kind.typed_types))
        if name == "Variant":
            self._bytes(8)
        return Layout(kind, [self._layout(part) for part in _parts(kind)])

    def _version(self, with_limit: int) -> None:
        """Pass over a version; the older one of two also names a limit."""
        version = int.from_bytes(self._bytes(8), "little")
        if version == with_limit:
            self.number()
        elif version != 2:
            raise LookupError(
                f"version {version} of a column whose data tell its types"
            )

    def _types(self) -> list[Layout]:
        """Read the types within a Dynamic; their columns come in the order of the names."""
        self._version(with_limit=1)
        names = [self.text() for _ in range(self.number())]
        self._bytes(8)
        named = sorted([*zip(names, names, strict=True), _OTHER_TYPES])
        return [self._layout(_type(name)) for _, name in named]

    def _paths(self, declared: list[Any]) -> list[Layout]:
        """Read the columns within a JSON: of declared paths, of found ones, of the rest."""
        self._version(with_limit=0)
        found = [self.text() for _ in range(self.number())]
        layouts = [self._layout(kind) for kind in declared]
        layouts += [self._layout(_type("Dynamic")) for _ in found]
        return [*layouts, self._layout(_type(_OTHER_PATHS))]

    def _column(self, layout: Layout, rows: int) -> None:
        if layout.kind.low_card:
            self._dictionary(layout)
            return
        if layout.kind.nullable:
            self._bytes(rows)
        self._values(layout, rows)

    def _values(self, layout: Layout, rows: int) -> None:
        kind, parts = layout
        name = kind.base_type
        if name == "String":
            self._strings(rows)
        elif name in _SHAPES:
            self._column(self._layout(_type(_SHAPES[name])), rows)
        elif name in ("Array", "Map", "Nested"):
            self._array(parts, rows)
        elif name in ("Dynamic", "Variant"):
            self._variants(parts, rows)
        elif parts:
            for part in parts:
                self._column(part, rows)
        elif kind.byte_size:
            self._bytes(kind.byte_size * rows)
        else:
            raise LookupError(f"columns of type {kind.name}")

    def _variants(self, parts: list[Layout], rows: int) -> None:
        """Pass over values of several types: which one each row has, then each type's."""
        types = self._bytes(rows)
        for number, part in enumerate(parts):
            if count := types.count(number):
                self._column(part, count)

    def _array(self, parts: list[Layout], rows: int) -> None:
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

    def _dictionary(self, layout: Layout) -> None:
        width = 1 << self._bytes(8)[0]
        self._values(layout, int.from_bytes(self._bytes(8), "little"))
        self._bytes(width * int.from_bytes(self._bytes(8), "little"))


def _type(name: str) -> Any:
    try:
        return get_from_name(name)
    except ClickHouseError as error:
        raise LookupError(str(error)) from error


def _parts(kind: Any) -> list[Any]:
    """Return the types within a type."""
    name = kind.base_type
    if name in ("Array", "SimpleAggregateFunction"):
        return [kind.element_type]
    if name == "Map":
        return [kind.key_type, kind.value_type]
    nested = name in ("Tuple", "Nested", "Variant")
    return list(kind.element_types) if nested else []
