"""Search through states: breadth first, best first, or flood fill on a grid."""

from collections import deque
from fractions import Fraction
from itertools import combinations
from typing import Any

from pilotfish.demo.reading import chances, grids, moves, relations
from pilotfish.demo.reading.catalogue import GRIDS, STATE_SPACES, read
from pilotfish.demo.reading.grids import Cell, Grid
from pilotfish.demo.reading.text import NotApplicableError, first_applicable, require
from pilotfish.demo.trail import note

_STATES = 100_000


def solve(text: str) -> str:
    """Search the states, the grid or the graph that the text describes."""
    return first_applicable(
        text, (_state_space, _grid, _islands, _order_exists, _make_number)
    )


def _state_space(text: str) -> str:
    note("name_start_and_goal")
    space = read(text, STATE_SPACES)
    note("expand_states")
    return space.answer(shortest(space))


def shortest(space: moves.StateSpace) -> list[str]:
    """Return the labels of a shortest way to the goal."""
    arrived_from: dict[Any, tuple[Any, str] | None] = {space.start: None}
    queue = deque([space.start])
    while queue:
        state = queue.popleft()
        if space.is_goal(state):
            return _labels(arrived_from, state)
        require(len(arrived_from) < _STATES)
        for label, after in space.moves(state):
            if after not in arrived_from:
                arrived_from[after] = (state, label)
                queue.append(after)
    raise NotApplicableError("the goal cannot be reached")


def _labels(arrived_from: dict[Any, tuple[Any, str] | None], state: Any) -> list[str]:
    labels: list[str] = []
    while step := arrived_from[state]:
        state, label = step
        labels.append(label)
    return labels[::-1]


def _grid(text: str) -> str:
    note("read_grid")
    grid = read(text, GRIDS)
    note("expand_states")
    return grid.answer(distances(grid))


def distances(grid: Grid) -> dict[Cell, int]:
    """Return the steps from the nearest source to each cell that can be reached."""
    far = dict.fromkeys(grid.sources, 0)
    queue = deque(far)
    while queue:
        cell = queue.popleft()
        for other in grid.neighbours(cell):
            if other not in far:
                far[other] = far[cell] + 1
                queue.append(other)
    return far


def _islands(text: str) -> str:
    note("read_grid")
    left, largest = set(grids.islands(text)), 0
    note("expand_states")
    while left:
        island = Grid(frozenset(left), frozenset([left.pop()]), str)
        reached = distances(island)
        largest = max(largest, len(reached))
        left -= reached.keys()
    return str(largest)


def _order_exists(text: str) -> str:
    """Follow the edges depth first; meeting an item on the way to itself is a cycle."""
    note("read_edges")
    relations.ordering(text)
    note("follow_edges")
    before: dict[int, list[int]] = {}
    for later, earlier in relations.edges(text):
        before.setdefault(later, []).append(earlier)
    done: set[int] = set()

    def cyclic(item: int, way: frozenset[int]) -> bool:
        if item in way:
            return True
        if item in done:
            return False
        in_cycle = any(cyclic(other, way | {item}) for other in before.get(item, []))
        done.add(item)
        return in_cycle

    return str(not any(cyclic(item, frozenset()) for item in list(before)))


_Part = tuple[Fraction, str]


def _make_number(text: str) -> str:
    """Search depth first: a move joins two of the numbers into one."""
    note("read_numbers")
    task = chances.target(text)
    note("combine_numbers")
    parts = tuple((Fraction(number), str(number)) for number in task.numbers)
    left = [_STATES]
    expression = _join(parts, task.target, left)
    require(expression)
    return str(expression)


def _join(parts: tuple[_Part, ...], target: int, left: list[int]) -> str | None:
    left[0] -= 1
    require(left[0])
    if len(parts) == 1:
        return parts[0][1] if parts[0][0] == target else None
    for i, j in combinations(range(len(parts)), 2):
        others = tuple(part for k, part in enumerate(parts) if k not in (i, j))
        for joined in joins(parts[i], parts[j]):
            expression = _join((*others, joined), target, left)
            if expression:
                return expression
    return None


def joins(a: _Part, b: _Part) -> list[_Part]:
    """Return what two numbers can become."""
    (x, left), (y, right) = a, b
    results = [
        (x + y, f"({left} + {right})"),
        (x * y, f"({left} * {right})"),
        (x - y, f"({left} - {right})"),
        (y - x, f"({right} - {left})"),
    ]
    results += [(x / y, f"({left} / {right})")] if y else []
    results += [(y / x, f"({right} / {left})")] if x else []
    return results
