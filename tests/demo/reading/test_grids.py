from pilotfish.demo.approaches import dynamic_programming, state_search
from pilotfish.demo.reading.grids import Grid, directions, islands, spreading


def both(grid: Grid) -> set[str]:
    """Return what breadth-first search and relaxation make of it."""
    return {
        grid.answer(state_search.distances(grid)),
        grid.answer(dynamic_programming.relax(grid)),
    }


def test_directions_lead_around_walls() -> None:
    text = "Answer with up, down, left, right.\n* X #\nO O O"
    assert both(directions(text)) == {"down right right up"}


def test_a_goal_behind_walls_is_infeasible() -> None:
    text = "Answer with up, down, left, right.\n* X #\nO X O"
    assert both(directions(text)) == {"infeasible"}


def test_what_spreads_takes_as_many_minutes_as_the_farthest_cell() -> None:
    text = "How many minutes? Otherwise -1.\n2 1 1\n1 1 0\n0 1 1"
    assert both(spreading(text)) == {"4"}


def test_what_cannot_be_reached_is_minus_one() -> None:
    text = "How many minutes? Otherwise -1.\n2 1\n0 0\n0 1"
    assert both(spreading(text)) == {"-1"}


def test_islands_are_the_cells_of_land() -> None:
    assert islands("the largest island\n1 0\n0 1") == {(0, 0), (1, 1)}
