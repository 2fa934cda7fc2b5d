"""Native blocks as `client_protocol_version` asks for them: with information on each.

chDB writes the blocks of version 0. Later versions have a head before each block, and a
byte before the data of each column that says whether its serialization is a special one.
"""

from pilotfish.infra.embedded.clickhouse.http_errors import NOT_IMPLEMENTED, refusal

_BLOCK_INFO_SINCE = 51903
_SERIALIZATION_SINCE = 54454
# No overflow of GROUP BY, no bucket of an aggregation.
_BLOCK_INFO = bytes((1, 0, 2, 255, 255, 255, 255, 0))
_ORDINARY = b"\0"


class NativeBlocks:
    """Rewrites a body of Native blocks, piece by piece, for a version of the protocol."""

    def __init__(self, version: int) -> None:
        self._info = _BLOCK_INFO if version >= _BLOCK_INFO_SINCE else b""
        self._flag = _ORDINARY if version >= _SERIALIZATION_SINCE else b""
        self._waiting = b""
        self._enough = 0

    def compress(self, data: bytes, /) -> bytes:
        """Return the blocks that are complete by now.

        Raises:
            EngineError: a column's type is unknown here.
        """
        self._waiting += data
        out: list[bytes] = []
        while len(self._waiting) > self._enough:
            block, size = self._first_block()
            if not size:
                # Not to read the beginning of a large block again and again.
                self._enough = 2 * len(self._waiting)
                break
            out.append(block)
            self._waiting, self._enough = self._waiting[size:], 0
        return b"".join(out)

    def flush(self) -> bytes:
        self._enough = 0
        return self.compress(b"") + self._waiting

    def _first_block(self) -> tuple[bytes, int]:
        """Return the first block, rewritten, and how many bytes it had; 0: incomplete."""
        # Here, because it takes memory that few gateways need.
        from pilotfish.infra.embedded.clickhouse.native_columns import (
            IncompleteError,
            NativeReader,
        )

        reader, out, start = NativeReader(self._waiting), [self._info], 0
        try:
            columns, rows = reader.number(), reader.number()
            for _ in range(columns):
                reader.text()
                kind = reader.text()
                out += [self._waiting[start : reader.at], self._flag]
                start = reader.at
                reader.column(kind, rows)
        except IncompleteError:
            return b"", 0
        except LookupError as error:
            raise refusal(
                NOT_IMPLEMENTED,
                f"client_protocol_version: {error}. Leave it out, or use another format",
            ) from error
        return b"".join([*out, self._waiting[start : reader.at]]), reader.at
