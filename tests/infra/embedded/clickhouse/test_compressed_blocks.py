"""ClickHouse's own compressed blocks."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotfish.infra.embedded.clickhouse.compressed_blocks import (
    BlockCompressor,
    decompress_blocks,
)


def packed(data: bytes) -> bytes:
    compressor = BlockCompressor()
    return compressor.compress(data) + compressor.flush()


@given(st.binary(max_size=2000))
def test_decompressing_returns_the_original(data: bytes) -> None:
    assert decompress_blocks(packed(data) + packed(b"more"), 10_000) == data + b"more"


def test_a_large_body_is_many_blocks() -> None:
    data = bytes(range(256)) * 10_000
    assert decompress_blocks(packed(data), len(data)) == data
    assert struct.unpack_from("<I", packed(data), 21) == (2**20,)


@given(st.integers(0, 60))
def test_damage_and_truncation_are_noticed(at: int) -> None:
    data = packed(b"some words and some words and some words and some words")
    at = at % len(data)
    damaged = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
    for broken in (damaged, data[: at + 1] if at + 1 < len(data) else damaged):
        with pytest.raises((ValueError, OverflowError)):
            decompress_blocks(broken, 1000)


def test_decompression_stops_at_the_limit() -> None:
    with pytest.raises(OverflowError):
        decompress_blocks(packed(bytes(1001)), 1000)
