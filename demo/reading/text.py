"""Generic shapes in a text: patterns, integers, rectangular blocks of cells."""

import re
from collections.abc import Callable, Sequence
from itertools import groupby

from pilotfish.schemas.errors import PilotfishError

Method = Callable[[str], str]


class NotApplicableError(PilotfishError):
    """This approach cannot do anything with this text; never leaves the sandbox."""


NOT_THIS = (
    NotApplicableError,
    ValueError,
    ArithmeticError,
    LookupError,
    StopIteration,
    RecursionError,
)
"""What a text of another shape leads to: a misreading shows as an impossible value."""


def search(pattern: str, text: str, flags: int = 0) -> re.Match[str]:
    """Find the pattern, or raise NotApplicableError."""
    match = re.search(pattern, text, flags)
    if match is None:
        raise NotApplicableError(f"the text has no {pattern!r}")
    return match


def require(condition: object) -> None:
    """Raise NotApplicableError unless the condition holds."""
    if not condition:
        raise NotApplicableError("the text has another shape")


def integers(text: str) -> list[int]:
    """Return the integers in the text, in order; a minus after a digit is an operator."""
    return [int(word) for word in re.findall(r"(?<![\d.])-?\b\d{1,18}\b(?!\.\d)", text)]


def cell_blocks(text: str) -> list[list[list[str]]]:
    """Return runs of lines that have the same number (over 1) of short words."""
    rows = [line.split() for line in text.splitlines()]

    def width(row: list[str]) -> int:
        return len(row) if all(len(cell) <= 3 for cell in row) else 0

    runs = [(size, list(run)) for size, run in groupby(rows, key=width)]
    return [run for size, run in runs if size > 1 and len(run) > 1]


def cell_block(text: str) -> list[list[str]]:
    """Return the largest rectangular block of cells."""
    blocks = cell_blocks(text)
    require(blocks)
    return max(blocks, key=lambda block: len(block) * len(block[0]))


def number_grid(text: str) -> list[list[int]]:
    """Return the largest block of cells, all of which must be integers."""
    block = cell_block(text)
    require(all(re.fullmatch(r"-?\d+", cell) for row in block for cell in row))
    return [[int(cell) for cell in row] for row in block]


def first_applicable(text: str, methods: Sequence[Method]) -> str:
    """Return the answer of the first method that can do something with the text."""
    for method in methods:
        try:
            return method(text)
        except NOT_THIS:
            continue
    raise NotApplicableError("no method of this approach fits the text")
