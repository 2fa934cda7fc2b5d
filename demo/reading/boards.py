"""Puzzles drawn as boards: Latin squares with or without boxes or signs, queens, sums."""

import math
import re
from collections.abc import Sequence
from itertools import pairwise

from pilotfish.demo.reading.puzzle import (
    AllDifferent,
    Constraint,
    Linear,
    Puzzle,
    Solution,
    difference,
    total,
)
from pilotfish.demo.reading.text import cell_block, integers, require, search

_BLANKS = {"_", "."}


def _cell(row: int, column: int) -> str:
    return f"r{row}c{column}"


def _latin(size: int) -> list[Constraint]:
    cells = range(size)
    return [
        *(AllDifferent(tuple(_cell(r, c) for c in cells)) for r in cells),
        *(AllDifferent(tuple(_cell(r, c) for r in cells)) for c in cells),
    ]


def _domain(cell: str, size: int) -> Sequence[int]:
    return range(1, size + 1) if cell in _BLANKS else (int(cell),)


def latin_square(text: str) -> Puzzle:
    """Read a square board of digits and blanks; boxes too if its side is a square."""
    block = cell_block(text)
    size, box = len(block), math.isqrt(len(block))
    require(len(block[0]) == size and size <= 16 and box * box == size)
    require(re.search(r"(?i)row", text) or box > 2)
    boxes = [
        AllDifferent(tuple(_cell(r + i, c + j) for i in range(box) for j in range(box)))
        for r in range(0, size, box)
        for c in range(0, size, box)
    ]
    domains = {
        _cell(r, c): _domain(cell, size)
        for r, row in enumerate(block)
        for c, cell in enumerate(row)
    }

    def answer(solutions: Sequence[Solution]) -> str:
        rows = (
            " ".join(str(solutions[0][_cell(r, c)]) for c in range(size))
            for r in range(size)
        )
        return "\n".join(rows)

    return Puzzle(domains, (*_latin(size), *boxes), answer)


_ROW = r"[\d_](?: [<> ] [\d_])+"


def signed_square(text: str) -> Puzzle:
    """Read a Latin square with signs of inequality between its cells (Futoshiki)."""
    lines = text.splitlines()
    at = [i for i, line in enumerate(lines) if re.fullmatch(_ROW + r"\s*", line)]
    size = len(at)
    require(2 <= size <= 9 and all(b - a == 2 for a, b in pairwise(at)))
    domains: dict[str, Sequence[int]] = {}
    signs: list[Constraint] = []
    for r, number in enumerate(at):
        row = lines[number].ljust(4 * size)
        below = lines[number + 1].ljust(4 * size) if r + 1 < size else " " * 4 * size
        for c in range(size):
            domains[_cell(r, c)] = _domain(row[4 * c], size)
            signs += _signs(r, c, row[4 * c + 2], below[4 * c])
    drawing = lines[at[0] : at[-1] + 1]

    def answer(solutions: Sequence[Solution]) -> str:
        return "\n".join(_fill(drawing, solutions[0], size))

    return Puzzle(domains, (*_latin(size), *signs), answer)


def _signs(row: int, column: int, right: str, below: str) -> list[Constraint]:
    here, constraints = _cell(row, column), list[Constraint]()
    if right in "<>":
        other = _cell(row, column + 1)
        small, large = (here, other) if right == "<" else (other, here)
        constraints.append(difference(small, large, "<=", -1))
    if below in "∧∨":
        other = _cell(row + 1, column)
        small, large = (here, other) if below == "∧" else (other, here)
        constraints.append(difference(small, large, "<=", -1))
    return constraints


def _fill(drawing: list[str], solution: Solution, size: int) -> list[str]:
    filled = [list(line) for line in drawing]
    for row in range(size):
        for column in range(size):
            filled[2 * row][4 * column] = str(solution[_cell(row, column)])
    return ["".join(line) for line in filled]


def queens(text: str) -> Puzzle:
    """Read a board on which queens stand or are to be placed, one in each row."""
    require(re.search(r"(?i)queen", text))
    block = cell_block(text)
    size = len(block)
    require(len(block[0]) == size and size <= 20)
    require({cell for row in block for cell in row} <= {"_", "Q"})
    names = [f"queen{row}" for row in range(size)]
    domains = {
        name: (row.index("Q"),) if "Q" in row else range(size)
        for name, row in zip(names, block, strict=True)
    }
    apart = [
        difference(names[a], names[b], "!=", step)
        for a in range(size)
        for b in range(a)
        for step in (a - b, b - a)
    ]

    def answer(solutions: Sequence[Solution]) -> str:
        rows = (["_"] * size for _ in names)
        lines = []
        for name, row in zip(names, rows, strict=True):
            row[solutions[0][name]] = "Q"
            lines.append(" ".join(row))
        return "\n".join(lines)

    return Puzzle(domains, (AllDifferent(tuple(names)), *apart), answer)


def sum_square(text: str) -> Puzzle:
    """Read a board whose last row and column hold sums, and numbers to fill in (Survo)."""
    loose = integers(search(r"\[([\d, ]+)\]", text)[1])
    board = [[int(cell) for cell in row] for row in cell_block(text)]
    inner = [row[:-1] for row in board[:-1]]
    free = [
        (r, c) for r, row in enumerate(inner) for c, cell in enumerate(row) if cell == 0
    ]
    require(len(free) == len(loose) and len(board) == len(board[0]) <= 9)

    def use(cell: tuple[int, int], index: int) -> str:
        return f"{_cell(*cell)}is{index}"

    numbers = range(len(loose))
    rules: list[Constraint] = [
        *(total([use(cell, i) for i in numbers], "==", 1) for cell in free),
        *(total([use(cell, i) for cell in free], "==", 1) for i in numbers),
    ]
    for axis in (0, 1):
        for line in range(len(inner)):
            ends = board[line][-1] if axis == 0 else board[-1][line]
            given = sum(inner[line]) if axis == 0 else sum(row[line] for row in inner)
            terms = [
                (loose[i], use(cell, i))
                for cell in free
                if cell[axis] == line
                for i in numbers
            ]
            rules.append(Linear(tuple(terms), "==", ends - given))
    domains = {use(cell, i): (0, 1) for cell in free for i in numbers}

    def answer(solutions: Sequence[Solution]) -> str:
        filled = [list(row) for row in board]
        for r, c in free:
            filled[r][c] = sum(loose[i] * solutions[0][use((r, c), i)] for i in numbers)
        return "\n".join(" ".join(map(str, row)) for row in filled)

    return Puzzle(domains, tuple(rules), answer)
