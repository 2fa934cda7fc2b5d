"""Grids with a start and a goal, or from whose marked cells something spreads."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pilotfish.demo.reading.text import cell_block, number_grid, require, search

Cell = tuple[int, int]
STEPS: Mapping[str, Cell] = {
    "up": (-1, 0),
    "down": (1, 0),
    "left": (0, -1),
    "right": (0, 1),
}
Distances = Mapping[Cell, int]


@dataclass(frozen=True, slots=True)
class Grid:
    """Passable cells, those from which distances are measured, and how to answer.

    `answer` takes the distance of every cell that can be reached.
    """

    open_cells: frozenset[Cell]
    sources: frozenset[Cell]
    answer: Callable[[Distances], str]

    def neighbours(self, cell: Cell) -> list[Cell]:
        """Return the passable cells one step away."""
        around = [(cell[0] + down, cell[1] + right) for down, right in STEPS.values()]
        return [other for other in around if other in self.open_cells]


def _cells(rows: list[list[str]]) -> dict[Cell, str]:
    return {(r, c): cell for r, row in enumerate(rows) for c, cell in enumerate(row)}


def maze(text: str) -> Grid:
    """Read a maze drawn in characters that a legend explains; the answer is a length."""
    ends = search(r"from '(.)' \(start\) to '(.)' \(goal\)", text)
    legend = search(r"'(.)' = Wall, '(.)' = Passage", text)
    drawing = search(r"```\n(.*?)\n```", text, re.DOTALL)[1]
    cells = _cells([list(line) for line in drawing.splitlines()])
    start = [cell for cell, char in cells.items() if char == ends[1]]
    goal = [cell for cell, char in cells.items() if char == ends[2]]
    require(len(start) == len(goal) == 1)
    passable = frozenset(cell for cell, char in cells.items() if char != legend[1])
    return Grid(passable, frozenset(start), lambda far: str(far[goal[0]]))


def directions(text: str) -> Grid:
    """Read a grid with `*` and `#` as ends and X as walls; the answer is directions."""
    require("up, down, left" in text)
    cells = _cells(cell_block(text))
    require(set(cells.values()) <= {"O", "X", "*", "#"})
    start = next(cell for cell, char in cells.items() if char == "*")
    goal = next(cell for cell, char in cells.items() if char == "#")
    passable = frozenset(cell for cell, char in cells.items() if char != "X")

    def answer(far: Distances) -> str:
        return _walk_back(far, start, goal) if goal in far else "infeasible"

    return Grid(passable, frozenset([start]), answer)


def _walk_back(far: Distances, start: Cell, goal: Cell) -> str:
    words: list[str] = []
    at = goal
    while at != start:
        for word, (down, right) in STEPS.items():
            before = (at[0] - down, at[1] - right)
            if far.get(before) == far[at] - 1:
                words.append(word)
                at = before
                break
    return " ".join(reversed(words))


def spreading(text: str) -> Grid:
    """Read a grid of 0 (nothing), 1 (fresh), 2 (spreads each minute); how long?"""
    require(re.search(r"(?i)minutes", text) and "-1" in text)
    grid = number_grid(text)
    cells = {(r, c): n for r, row in enumerate(grid) for c, n in enumerate(row)}
    passable = frozenset(cell for cell, number in cells.items() if number)
    sources = frozenset(cell for cell, number in cells.items() if number == 2)

    def answer(far: Distances) -> str:
        if passable - far.keys():
            return "-1"
        return str(max(far.values(), default=0))

    return Grid(passable, sources, answer)


def nearest_zero(text: str) -> Grid:
    """Read a grid; the answer is each cell's distance to the nearest 0."""
    require(re.search(r"(?i)distance", text) and "nearest 0" in text)
    grid = number_grid(text)
    cells = {(r, c): n for r, row in enumerate(grid) for c, n in enumerate(row)}
    zeros = frozenset(cell for cell, number in cells.items() if number == 0)

    def answer(far: Distances) -> str:
        lines = (
            " ".join(str(far[r, c]) for c in range(len(row)))
            for r, row in enumerate(grid)
        )
        return "\n".join(lines)

    return Grid(frozenset(cells), zeros, answer)


def islands(text: str) -> frozenset[Cell]:
    """Read the land cells of a grid; the answer is the largest island."""
    require(re.search(r"(?i)maximum area|largest", text))
    grid = number_grid(text)
    return frozenset(
        (r, c) for r, row in enumerate(grid) for c, cell in enumerate(row) if cell == 1
    )
