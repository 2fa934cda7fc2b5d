"""Compression of HTTP bodies, in the encodings that ClickHouse's clients prefer."""

import sys
import zlib
from collections.abc import Callable
from typing import Any, Protocol

import lz4.frame

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


class Compressor(Protocol):
    """Compresses a body piece by piece."""

    def compress(self, data: bytes, /) -> bytes: ...

    def flush(self) -> bytes:
        """Return the end of the body."""
        ...


class Uncompressed:
    """Leaves a body as it is."""

    def compress(self, data: bytes, /) -> bytes:
        return data

    def flush(self) -> bytes:
        return b""


class Chained:
    """Packs a body by one, and what that gives by another."""

    def __init__(self, first: Compressor, second: Compressor) -> None:
        self._first = first
        self.second = second

    def compress(self, data: bytes, /) -> bytes:
        return self.second.compress(self._first.compress(data))

    def flush(self) -> bytes:
        rest = self.second.compress(self._first.flush())
        return rest + self.second.flush()


class _Lz4:
    def __init__(self) -> None:
        self._frame = lz4.frame.LZ4FrameCompressor()
        self._head: bytes = self._frame.begin()

    def compress(self, data: bytes, /) -> bytes:
        head, self._head = self._head, b""
        return head + bytes(self._frame.compress(data))

    def flush(self) -> bytes:
        head, self._head = self._head, b""
        return head + bytes(self._frame.flush())


_DECOMPRESSORS: dict[str, Callable[[], Any]] = {
    "gzip": lambda: zlib.decompressobj(wbits=31),
    "lz4": lz4.frame.LZ4FrameDecompressor,
    "zstd": zstd.ZstdDecompressor,
}
# In order of preference; level 1, because both ends are on one machine.
_COMPRESSORS: dict[str, Callable[[], Compressor]] = {
    "lz4": _Lz4,
    "zstd": lambda: zstd.ZstdCompressor(level=1),
    "gzip": lambda: zlib.compressobj(level=1, wbits=31),
}
_DAMAGED = (zlib.error, RuntimeError, zstd.ZstdError, EOFError)


def decompress(data: bytes, encoding: str, max_bytes: int) -> bytes:
    """Undo a Content-Encoding; consecutive frames form one body.

    Raises:
        LookupError: the encoding is not supported; names those that are.
        OverflowError: the body is larger than max_bytes.
        ValueError: the data is damaged or truncated.
    """
    if encoding not in _DECOMPRESSORS:
        raise LookupError(", ".join(_DECOMPRESSORS))
    out: list[bytes] = []
    left = max_bytes
    while data:
        frame = _DECOMPRESSORS[encoding]()
        try:
            out.append(frame.decompress(data, left + 1))
        except _DAMAGED as error:
            raise ValueError(str(error)) from error
        left -= len(out[-1])
        if left < 0:
            raise OverflowError
        if not frame.eof:
            raise ValueError("the compressed body is truncated")
        data = frame.unused_data or b""
    return b"".join(out)


def compressor(accepted: str) -> tuple[Compressor, str]:
    """Return a compressor for an Accept-Encoding, and the encoding or ''."""
    parts = accepted.lower().replace(" ", "").split(",")
    accepted_names = {
        name
        for name, _, weight in (part.partition(";q=") for part in parts)
        if not weight or weight.strip("0.")
    }
    for name, new in _COMPRESSORS.items():
        if name in accepted_names:
            return new(), name
    return Uncompressed(), ""
