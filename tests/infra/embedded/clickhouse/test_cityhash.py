"""Hashes of CityHash 1.0.2, made with the implementation of ClickHouse's client for Go."""

import pytest

from pilotfish.infra.embedded.clickhouse.cityhash import cityhash128

HASHES = [
    (0, "3df09dfc64c09a2b", "3cb540c392e51e29"),
    (1, "5a03ab4f802b3f6c", "58a88a3c8a31e91a"),
    (4, "0cf8e842118f615e", "dd4d7a58b5a97d4c"),
    (9, "3f72a10e83f29285", "f0e1e3e8f6fbf8fc"),
    (15, "6dcfdd7f730b61b3", "cf7f9ed51630cd69"),
    (16, "d0bf2de8028a054b", "b6e41f44e57c60ac"),
    (17, "843b255758e6e1c4", "09d01c6e5e9b3447"),
    (32, "78433500d3221afa", "bfae9c44757fa6bc"),
    (33, "7b057baccba940eb", "19a6ecb138bbeb79"),
    (143, "917321c271fc36e4", "0b41d5bfc77f7117"),
    (144, "a6b705c89c1f7076", "56aaa57b7e8a4965"),
    (160, "d20b186c6a8c8019", "bf50a8c0e27bf1ea"),
    (272, "d7242b26a82d3001", "d576a1bb8b43ca19"),
    (1000, "b8e1b433640080d0", "d9816882672dd887"),
    (70000, "2bebb4ff54883e29", "c6f2c74f7011d397"),
]


@pytest.mark.parametrize(("size", "low", "high"), HASHES)
def test_hashes_are_those_of_version_1_0_2(size: int, low: str, high: str) -> None:
    data = bytes((n * n * 7 + n * 3 + 1) & 255 for n in range(size))
    wanted = bytes.fromhex(low)[::-1] + bytes.fromhex(high)[::-1]
    assert cityhash128(data) == wanted
