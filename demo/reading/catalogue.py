"""All readers of puzzles and of state spaces, in the order in which they are tried."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from pilotfish.demo.reading import boards, cars, grids, logic, moves, relations
from pilotfish.demo.reading.puzzle import Puzzle
from pilotfish.demo.reading.text import NOT_THIS, NotApplicableError

T = TypeVar("T")

PUZZLES: Sequence[Callable[[str], Puzzle]] = (
    boards.queens,
    boards.signed_square,
    boards.sum_square,
    boards.latin_square,
    relations.word_sum,
    relations.colouring,
    relations.ordering,
    relations.linear_equation,
    logic.tellers,
    logic.syllogism,
    logic.statements_about_themselves,
)
STATE_SPACES: Sequence[Callable[[str], moves.StateSpace]] = (
    moves.jugs,
    moves.buttons,
    moves.discs,
    moves.labelled_path,
    cars.sliding_cars,
)
GRIDS: Sequence[Callable[[str], grids.Grid]] = (
    grids.maze,
    grids.directions,
    grids.spreading,
    grids.nearest_zero,
)


def read(text: str, readers: Sequence[Callable[[str], T]]) -> T:
    """Return what the first fitting reader reads, or raise NotApplicableError."""
    for reader in readers:
        try:
            return reader(text)
        except NOT_THIS:
            continue
    raise NotApplicableError("no reader fits the text")
