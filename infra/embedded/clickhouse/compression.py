"""Bodies of requests and answers, compressed as ClickHouse's HTTP clients like it."""

import bz2
import gzip
import lzma
import sys
import zlib
from collections.abc import Callable
from typing import Any

import lz4.frame

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_DECOMPRESSORS: dict[str, Callable[[], Any]] = {
    "gzip": lambda: zlib.decompressobj(wbits=31),
    "x-gzip": lambda: zlib.decompressobj(wbits=31),
    "deflate": lambda: zlib.decompressobj(wbits=15),
    "lz4": lz4.frame.LZ4FrameDecompressor,
    "zstd": zstd.ZstdDecompressor,
    "xz": lzma.LZMADecompressor,
    "bz2": bz2.BZ2Decompressor,
}
# In the order of preference; level 1, because both ends are on one machine.
_COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "lz4": lz4.frame.compress,
    "zstd": lambda data: zstd.compress(data, level=1),
    "gzip": lambda data: gzip.compress(data, compresslevel=1),
    "deflate": lambda data: zlib.compress(data, level=1),
}
_BROKEN = (zlib.error, RuntimeError, zstd.ZstdError, lzma.LZMAError, OSError, EOFError)


def decompress(data: bytes, encoding: str, max_bytes: int) -> bytes:
    """Undo a Content-Encoding; frames behind one another count as one.

    Raises:
        LookupError: the encoding is not known here.
        OverflowError: more than max_bytes came out.
        ValueError: the data is damaged or ends too early.
    """
    if encoding not in _DECOMPRESSORS:
        raise LookupError(", ".join(_DECOMPRESSORS))
    out: list[bytes] = []
    left = max_bytes
    while data:
        frame = _DECOMPRESSORS[encoding]()
        try:
            out.append(frame.decompress(data, left + 1))
        except _BROKEN as error:
            raise ValueError(str(error)) from error
        left -= len(out[-1])
        if left < 0:
            raise OverflowError
        if not frame.eof:
            raise ValueError("the compressed body ends too early")
        data = frame.unused_data or b""
    return b"".join(out)


def compress(data: bytes, accepted: str) -> tuple[bytes, str]:
    """Compress for an Accept-Encoding; returns the data and the encoding or ''."""
    names = {part.split(";")[0].strip() for part in accepted.lower().split(",")}
    for name, compressor in _COMPRESSORS.items():
        if name in names:
            return compressor(data), name
    return data, ""
