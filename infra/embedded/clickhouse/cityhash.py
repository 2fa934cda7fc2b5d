"""CityHash128 of version 1.0.2, by Google: the checksum of ClickHouse's compressed blocks.

Later versions, which packages have, give other numbers.
"""

import struct

_M = 2**64 - 1
_K0 = 0xC3A5C85C97CB3127
_K1 = 0xB492B66FBE98F273
_K2 = 0x9AE16A3B2F90404F
_K3 = 0xC949D7C7509E6557
_MULTIPLIER = 0x9DDFEA08EB382D69


def cityhash128(data: bytes) -> bytes:
    """Return the hash as ClickHouse writes it: the lower half first."""
    size = len(data)
    if size >= 16:
        low, high = struct.unpack_from("<2Q", data)
        return _seeded(data[16:], low ^ _K3, high)
    if size >= 8:
        return _seeded(
            b"", _u64(data, 0) ^ (size * _K0) & _M, _u64(data, size - 8) ^ _K1
        )
    return _seeded(data, _K0, _K1)


def _seeded(data: bytes, low: int, high: int) -> bytes:
    first, second = (_short if len(data) < 128 else _long)(data, low, high)
    return struct.pack("<2Q", first, second)


def _short(data: bytes, a: int, b: int) -> tuple[int, int]:
    size = len(data)
    if size <= 16:
        a = _mix(a * _K1 & _M) * _K1 & _M
        c = (b * _K1 + _up_to_16(data)) & _M
        d = _mix((a + (_u64(data, 0) if size >= 8 else c)) & _M)
    else:
        c = _hash16((_u64(data, size - 8) + _K1) & _M, a)
        d = _hash16((b + size) & _M, (c + _u64(data, size - 16)) & _M)
        a = (a + d) & _M
        for at in range(0, size - 16, 16):
            x, y = struct.unpack_from("<2Q", data, at)
            a = (a ^ _mix(x * _K1 & _M) * _K1 & _M) * _K1 & _M
            b ^= a
            c = (c ^ _mix(y * _K1 & _M) * _K1 & _M) * _K1 & _M
            d ^= c
    a, b = _hash16(a, c), _hash16(d, b)
    return a ^ b, _hash16(b, a)


def _long(data: bytes, x: int, y: int) -> tuple[int, int]:
    size = len(data)
    z = size * _K1 & _M
    v0 = (_rotated(y ^ _K1, 49) * _K1 + _u64(data, 0)) & _M
    v1 = (_rotated(v0, 42) * _K1 + _u64(data, 8)) & _M
    w0 = (_rotated((y + z) & _M, 35) * _K1 + x) & _M
    w1 = _rotated((x + _u64(data, 88)) & _M, 53) * _K1 & _M
    whole = size - size % 128
    # Written out: this loop takes almost all of the time.
    for c0, c1, c2, c3, c4, c5, c6, c7 in struct.iter_unpack(
        "<8Q", memoryview(data)[:whole]
    ):
        t = (x + y + v0 + c2) & _M
        x = (t >> 37 | t << 27) * _K1 & _M ^ w1
        t = (y + v1 + c6) & _M
        y = (t >> 42 | t << 22) * _K1 & _M ^ v0
        t = z ^ w0
        z = (t >> 33 | t << 31) & _M
        a = v1 * _K1 + c0
        t = (x + w0 + a + c3) & _M
        u = (a + c1 + c2) & _M
        v0, v1 = (u + c3) & _M, ((t >> 21 | t << 43) + (u >> 44 | u << 20) + a) & _M
        a = z + w1 + c4
        t = (y + a + c7) & _M
        u = (a + c5 + c6) & _M
        w0, w1 = (u + c7) & _M, ((t >> 21 | t << 43) + (u >> 44 | u << 20) + a) & _M
        z, x = x, z
    state = (x, y, z, v0, v1, w0, w1)
    return _ended(data, size - whole, state)


def _ended(data: bytes, left: int, state: tuple[int, ...]) -> tuple[int, int]:
    """Mix in the last bytes, 32 at a time from the end, and the state itself."""
    x, y, z, v0, v1, w0, w1 = state
    y = (y + _rotated(w0, 37) * _K0 + z) & _M
    x = (x + _rotated((v0 + z) & _M, 49) * _K0) & _M
    for back in range(32, left + 32, 32):
        chunk = struct.unpack_from("<4Q", data, len(data) - back)
        y = (_rotated((y - x) & _M, 42) * _K0 + v1) & _M
        w0 = (w0 + chunk[2]) & _M
        x = (_rotated(x, 49) * _K0 + w0) & _M
        w0 = (w0 + v0) & _M
        v0, v1 = _weak(chunk, v0, v1)
    x, y = _hash16(x, v0), _hash16(y, w0)
    first = (_hash16((x + v1) & _M, w1) + y) & _M
    return first, _hash16((x + w1) & _M, (y + v1) & _M)


def _weak(n: tuple[int, ...], a: int, b: int) -> tuple[int, int]:
    a += n[0]
    b = _rotated((b + a + n[3]) & _M, 21)
    c = a
    a = (a + n[1] + n[2]) & _M
    return (a + n[3]) & _M, (b + _rotated(a, 44) + c) & _M


def _up_to_16(data: bytes) -> int:
    size = len(data)
    if size > 8:
        a, b = _u64(data, 0), _u64(data, size - 8)
        return _hash16(a, _rotated((b + size) & _M, size)) ^ b
    if size >= 4:
        (first,), (last,) = (
            struct.unpack_from("<I", data),
            struct.unpack_from("<I", data, size - 4),
        )
        return _hash16(size + (first << 3), last)
    if size > 0:
        y = data[0] + (data[size >> 1] << 8)
        z = size + (data[-1] << 2)
        return _mix((y * _K2 ^ z * _K3) & _M) * _K2 & _M
    return _K2


def _hash16(low: int, high: int) -> int:
    a = (low ^ high) * _MULTIPLIER & _M
    b = (high ^ _mix(a)) * _MULTIPLIER & _M
    return _mix(b) * _MULTIPLIER & _M


def _mix(value: int) -> int:
    return value ^ (value >> 47)


def _rotated(value: int, by: int) -> int:
    return (value >> by | value << (64 - by)) & _M


def _u64(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 8], "little")
