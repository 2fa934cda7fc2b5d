"""Inputs that are nearly right: what breaks a reader is seldom pure noise."""

import random
from collections.abc import Iterator

_TOKENS = (
    *(b"null", b"NaN", b"-1", b"1e999", b"9" * 400, b'"\\ud800"', b"\x00", b"\xff\xfe"),
    *(b"[" * 3000, b'{"a":' * 3000, b"{}", b"[]", b'"', b"\\", b"\r\n", b"'", b"%00"),
    *(b"true", b"1970-01-01T00:00:00Z", b"\xe2\x80\xae", b"A" * 70_000),
)


def mutated(seed: int, originals: list[bytes], count: int) -> Iterator[bytes]:
    """Yield inputs made of the originals by one to five cuts, swaps and insertions."""
    rng = random.Random(seed)
    for _ in range(count):
        value = bytearray(rng.choice(originals))
        for _ in range(rng.randint(1, 5)):
            _change(rng, value)
        yield bytes(value)


def _change(rng: random.Random, value: bytearray) -> None:
    begin, end = sorted(rng.randint(0, len(value)) for _ in range(2))
    kind = rng.randrange(5)
    if kind == 0:
        value[begin : begin + 1] = bytes([rng.randrange(256)])
    elif kind == 1:
        del value[begin:end]
    elif kind == 2:
        value[begin:begin] = value[begin : min(end, begin + 5000)]
    elif kind == 3:
        value[begin:end] = rng.choice(_TOKENS)
    else:
        value[begin:begin] = rng.choice(_TOKENS)
