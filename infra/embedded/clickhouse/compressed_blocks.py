"""ClickHouse's own compressed blocks, which `compress=1` and `decompress=1` ask for.

A block is a checksum of 16 bytes, the method, the size of what follows the checksum, the
size of the data, and the data compressed.
"""

import struct

import lz4.block

from pilotfish.infra.embedded.clickhouse.cityhash import cityhash128
from pilotfish.infra.embedded.clickhouse.compression import decompress

_HEAD = struct.Struct("<BII")
_CHECKSUM_BYTES = 16
_LARGEST_BLOCK = 2**20
_NONE, _LZ4, _ZSTD = 0x02, 0x82, 0x90
_OTHER_SIZE = "a block does not have the size that it says"


class BlockCompressor:
    """Compresses a body into blocks of at most a megabyte."""

    def compress(self, data: bytes, /) -> bytes:
        starts = range(0, len(data), _LARGEST_BLOCK)
        return b"".join(_block(data[at : at + _LARGEST_BLOCK]) for at in starts)

    def flush(self) -> bytes:
        return b""


def decompress_blocks(data: bytes, max_bytes: int) -> bytes:
    """Return the data of all blocks.

    Raises:
        OverflowError: it is larger than max_bytes.
        ValueError: a block is damaged, truncated or of an unknown method.
    """
    out: list[bytes] = []
    left, at = max_bytes, 0
    while at < len(data):
        checksum, start = data[at : at + _CHECKSUM_BYTES], at + _CHECKSUM_BYTES
        if start + _HEAD.size > len(data):
            raise ValueError("the last block is truncated")
        method, packed, size = _HEAD.unpack_from(data, start)
        at = start + packed
        if packed < _HEAD.size or at > len(data):
            raise ValueError("the last block is truncated")
        left -= size
        if left < 0:
            raise OverflowError
        if cityhash128(data[start:at]) != checksum:
            raise ValueError("the checksum of a block does not match")
        out.append(_unpacked(method, data[start + _HEAD.size : at], size))
    return b"".join(out)


def _block(data: bytes) -> bytes:
    packed: bytes = lz4.block.compress(data, store_size=False)
    head = _HEAD.pack(_LZ4, _HEAD.size + len(packed), len(data))
    return cityhash128(head + packed) + head + packed


def _unpacked(method: int, packed: bytes, size: int) -> bytes:
    if method == _NONE:
        data = packed
    elif method == _LZ4:
        try:
            data = bytes(lz4.block.decompress(packed, uncompressed_size=size))
        except lz4.block.LZ4BlockError as error:
            raise ValueError(str(error)) from error
    elif method == _ZSTD:
        data = _unpacked_zstd(packed, size)
    else:
        raise ValueError(f"a block has the unknown method 0x{method:02x}")
    if len(data) != size:
        raise ValueError(_OTHER_SIZE)
    return data


def _unpacked_zstd(packed: bytes, size: int) -> bytes:
    try:
        return decompress(packed, "zstd", size)
    except OverflowError as error:
        raise ValueError(_OTHER_SIZE) from error
