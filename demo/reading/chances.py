"""Numbers that a text wants combined, and chances of dice and coins."""

import re
from dataclasses import dataclass

from pilotfish.demo.reading.text import integers, require, search


@dataclass(frozen=True, slots=True)
class Target:
    """Make a number from others, each used exactly once, with + - * /."""

    numbers: tuple[int, ...]
    target: int


def target(text: str) -> Target:
    """Read the numbers to combine and the number to make."""
    require(re.search(r"(?i)numbers?\b.*once", text))
    wanted = search(r"(?:[Mm]ake|[Cc]alculate|equals) (\d+)", text)
    listed = [integers(match[0]) for match in re.finditer(r"\d+(?:, ?\d+)+", text)]
    require(listed)
    longest = max(listed, key=len)
    return Target(tuple(longest), int(wanted[1]))


@dataclass(frozen=True, slots=True)
class Throw:
    """Independent fair dice with faces 1..n; wanted: a sum of at least `least`."""

    faces: tuple[int, ...]
    least: int


def throw(text: str) -> Throw:
    """Read dice such as `1d20, 2d6` and the sum to reach."""
    least = search(r"rolling (\d+) or higher", text)
    listed = search(r"dice: ([^.]*)\.", text)[1]
    faces = [
        int(size)
        for amount, size in re.findall(r"(\d+)d(\d+)", listed)
        for _ in range(min(int(amount), 20))
    ]
    require(faces)
    return Throw(tuple(faces), int(least[1]))


@dataclass(frozen=True, slots=True)
class Flips:
    """Fair coins; wanted: a number of heads from `least` to `most`."""

    coins: int
    least: int
    most: int


def flips(text: str) -> Flips:
    """Read "exactly/at least k heads in n coin flips"."""
    match = search(r"(exactly|at least) (\d+) heads in (\d+)", text)
    least, coins = int(match[2]), int(match[3])
    require(coins <= 1000)
    return Flips(coins, least, least if match[1] == "exactly" else coins)
