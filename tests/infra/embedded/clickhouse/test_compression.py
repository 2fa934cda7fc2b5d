import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotfish.infra.embedded.clickhouse.compression import compressor, decompress

ENCODINGS = ["lz4", "zstd", "gzip"]


def compress(data: bytes, accepted: str) -> tuple[bytes, str]:
    compression, encoding = compressor(accepted)
    pieces = [compression.compress(data[at : at + 7]) for at in range(0, len(data), 7)]
    return b"".join(pieces) + compression.flush(), encoding


@given(st.binary(), st.sampled_from(ENCODINGS))
def test_decompressing_returns_the_original(data: bytes, encoding: str) -> None:
    packed, used = compress(data, f"br, {encoding};q=1")
    assert used == encoding
    assert decompress(packed, encoding, len(data)) == data


def test_consecutive_frames_form_one_body() -> None:
    packed = compress(b"one ", "zstd")[0] + compress(b"two", "zstd")[0]
    assert decompress(packed, "zstd", 100) == b"one two"


def test_nothing_is_compressed_unless_the_client_accepts_it() -> None:
    assert compress(b"data", "identity") == (b"data", "")
    assert compress(b"data", "gzip; q=0, lz4;q=0.000") == (b"data", "")
    assert compress(b"data", "gzip;q=0.5,zstd;q=0")[1] == "gzip"


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_decompression_stops_at_the_limit(encoding: str) -> None:
    packed, _ = compress(bytes(10_000_000), encoding)
    with pytest.raises(OverflowError):
        decompress(packed, encoding, 1_000_000)


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_damaged_data_is_a_clear_error(encoding: str) -> None:
    packed, _ = compress(bytes(range(256)) * 100, encoding)
    for broken in (packed[:-5], b"nonsense" * 10):
        with pytest.raises(ValueError, match=r"\w"):
            decompress(broken, encoding, 1_000_000)


def test_an_unsupported_encoding_names_the_supported_ones() -> None:
    with pytest.raises(LookupError, match="gzip, lz4, zstd"):
        decompress(b"x", "br", 10)
