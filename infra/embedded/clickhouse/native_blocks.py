"""Native blocks as `client_protocol_version` asks for them: with information on each.

chDB writes the blocks of version 0. Later versions have a head before each block, and a
byte before the data of each column that says whether its serialization is a special one;
and they name the time zone of a column of type DateTime.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pilotfish.infra.embedded.clickhouse.http_errors import NOT_IMPLEMENTED, refusal

if TYPE_CHECKING:
    from pilotfish.infra.embedded.clickhouse.native_columns import NativeReader

_BLOCK_INFO_SINCE = 51903
_ZONES_SINCE = 54337
_SERIALIZATION_SINCE = 54454
# No overflow of GROUP BY, no bucket of an aggregation.
_BLOCK_INFO = bytes((1, 0, 2, 255, 255, 255, 255, 0))
_ORDINARY = b"\0"


class NativeBlocks:
    """Rewrites a body of Native blocks, piece by piece, for a version of the protocol.

    Args:
        version: the client's version of the protocol.
        types: asked once, and only where it matters, for the full types of the columns.
    """

    def __init__(
        self, version: int, types: Callable[[], Sequence[str]] = tuple
    ) -> None:
        self._ask_types = types if version >= _ZONES_SINCE else tuple
        self._types: Sequence[str] | None = None
        self._info = _BLOCK_INFO if version >= _BLOCK_INFO_SINCE else b""
        self._flag = _ORDINARY if version >= _SERIALIZATION_SINCE else b""
        self._waiting = bytearray()
        self._enough = 0

    def compress(self, data: bytes, /) -> bytes:
        """Return the blocks that are complete by now.

        Raises:
            EngineError: a column's type is unknown here.
        """
        self._waiting += data
        if len(self._waiting) <= self._enough:
            return b""
        out, size = self._blocks()
        # Moved once for all blocks: there may be thousands of them in one piece.
        del self._waiting[:size]
        # Not to read the beginning of a large block again and again.
        self._enough = 0 if size else 2 * len(self._waiting)
        return out

    def flush(self) -> bytes:
        self._enough = 0
        return self.compress(b"") + bytes(self._waiting)

    def _blocks(self) -> tuple[bytes, int]:
        """Return all complete blocks, rewritten, and how many bytes they had."""
        # Here, because it takes memory that few gateways need.
        from pilotfish.infra.embedded.clickhouse.native_columns import (
            IncompleteError,
            NativeReader,
        )

        reader, out, size = NativeReader(self._waiting), list[bytes](), 0
        try:
            while size < len(self._waiting):
                out.append(self._block(reader))
                size = reader.at
        except IncompleteError:
            pass
        except LookupError as error:
            raise refusal(
                NOT_IMPLEMENTED,
                f"client_protocol_version: {error}. Leave it out, or use another format",
            ) from error
        return b"".join(out), size

    def _block(self, reader: "NativeReader") -> bytes:
        """Return the block that begins where the reader is, rewritten."""
        out, start = [self._info], reader.at
        columns, rows = reader.number(), reader.number()
        for number in range(columns):
            reader.text()
            name_end, kind = reader.at, reader.text()
            full = self._full_type(kind, number, columns)
            out += [bytes(self._waiting[start:name_end]), _text(full), self._flag]
            start = reader.at
            reader.column(kind, rows)
        return b"".join([*out, bytes(self._waiting[start : reader.at])])

    def _full_type(self, kind: str, number: int, columns: int) -> str:
        """Return the type of a column with its time zone, which chDB leaves out."""
        if kind != "DateTime":
            return kind
        if self._types is None:
            self._types = self._ask_types()
        known = len(self._types) == columns
        has_zone = known and self._types[number].startswith("DateTime(")
        return self._types[number] if has_zone else kind


def _text(text: str) -> bytes:
    """Return a text with its length before it."""
    raw, head = text.encode(), bytearray()
    left = len(raw)
    while left >= 0x80:
        head.append(left & 0x7F | 0x80)
        left >>= 7
    return bytes([*head, left]) + raw
