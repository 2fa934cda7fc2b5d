"""The record batches of an embedded Kafka's topic, as its files have them."""

import struct
from collections.abc import Iterator
from pathlib import Path

UNCOMPRESSED, LZ4 = 0, 3
_LENGTH = struct.Struct(">qi")
_ATTRIBUTES_AT = 21
"""After the base offset, the length, the leader's epoch, the magic byte and the checksum."""


def codecs(kafka: Path, topic: str) -> list[int]:
    """Return the compression codec of every batch, by partition and then in order."""
    segments = sorted((kafka / "log").glob(f"{topic}-*/*.log"))
    return [codec for segment in segments for codec in _codecs(segment.read_bytes())]


def _codecs(segment: bytes) -> Iterator[int]:
    at = 0
    while at + _LENGTH.size < len(segment):
        _, length = _LENGTH.unpack_from(segment, at)
        (attributes,) = struct.unpack_from(">h", segment, at + _ATTRIBUTES_AT)
        yield attributes & 0b111
        at += _LENGTH.size + length
