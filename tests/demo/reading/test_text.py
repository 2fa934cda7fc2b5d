import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotfish.demo.reading.text import (
    NotApplicableError,
    cell_block,
    first_applicable,
    integers,
    number_grid,
    require,
    search,
)


@given(st.lists(st.integers(-(10**9), 10**9)))
def test_integers_are_read_back(numbers: list[int]) -> None:
    assert integers(", ".join(map(str, numbers))) == numbers


def test_a_minus_after_a_digit_is_an_operator() -> None:
    assert integers("7-3 and 2.5") == [7, 3]


def test_the_largest_block_of_cells_is_found() -> None:
    text = "a b\nc d\n\nSolve this:\n1 2 3\n4 5 6\n7 8 9\nThank you"
    assert cell_block(text)[0] == ["1", "2", "3"]
    assert number_grid(text)[2] == [7, 8, 9]


def test_what_is_not_there_is_not_applicable() -> None:
    for read in (
        lambda: search("x", "y"),
        lambda: require(False),
        lambda: cell_block("one long line"),
        lambda: number_grid("a b\nc d"),
    ):
        with pytest.raises(NotApplicableError):
            read()


def test_the_first_method_that_applies_answers() -> None:
    def misreads(text: str) -> str:
        return str(int(text))

    assert first_applicable("x", (misreads, str.upper)) == "X"
    with pytest.raises(NotApplicableError):
        first_applicable("x", (misreads,))
