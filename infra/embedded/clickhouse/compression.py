"""Compression of HTTP bodies, in the encodings that ClickHouse's clients prefer."""

import gzip
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
    "lz4": lz4.frame.LZ4FrameDecompressor,
    "zstd": zstd.ZstdDecompressor,
}
# In order of preference; level 1, because both ends are on one machine.
_COMPRESSORS: dict[str, Callable[[bytes], bytes]] = {
    "lz4": lz4.frame.compress,
    "zstd": lambda data: zstd.compress(data, level=1),
    "gzip": lambda data: gzip.compress(data, compresslevel=1),
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


def compress(data: bytes, accepted: str) -> tuple[bytes, str]:
    """Compress for an Accept-Encoding; return the data and the encoding or ''."""
    accepted_names = {
        part.split(";")[0].strip() for part in accepted.lower().split(",")
    }
    for name, compressor in _COMPRESSORS.items():
        if name in accepted_names:
            return compressor(data), name
    return data, ""
