import pytest

from pilotfish.demo.approaches.constraint_programming import solutions
from pilotfish.demo.reading.boards import (
    latin_square,
    queens,
    signed_square,
    sum_square,
)
from pilotfish.demo.reading.puzzle import Puzzle
from pilotfish.demo.reading.text import NOT_THIS


def solved(puzzle: Puzzle) -> str:
    return puzzle.answer(solutions(puzzle))


def test_a_latin_square_with_boxes() -> None:
    board = "1 2 3 4\n3 4 1 2\n2 1 4 3\n4 3 _ _"
    assert solved(latin_square(f"Each row has all numbers:\n{board}")) == (
        "1 2 3 4\n3 4 1 2\n2 1 4 3\n4 3 2 1"
    )


def test_signs_between_cells() -> None:
    text = "_ < _\n     \n_   _"
    assert solved(signed_square(text)).splitlines()[0] == "1 < 2"


def test_queens_attack_nobody() -> None:
    rows = solved(queens("Place queens:\n_ Q _ _\n_ _ _ _\n_ _ _ _\n_ _ _ _"))
    assert rows == "_ Q _ _\n_ _ _ Q\nQ _ _ _\n_ _ Q _"


@pytest.mark.parametrize("words", ["the set [4, 1]", "numbers: [1, 4]"])
def test_sums_of_rows_and_columns(words: str) -> None:
    board = "1 0 5\n0 2 3\n2 6 8"
    assert solved(sum_square(f"{board}\nUse {words}.")) == "1 4 5\n1 2 3\n2 6 8"


def test_another_shape_is_refused() -> None:
    with pytest.raises(NOT_THIS):
        latin_square("1 2 3\n4 5 6")
