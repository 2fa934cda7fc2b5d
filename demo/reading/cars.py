"""Cars on a board, each sliding along its own line, of which one wants out (Rush Hour)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from pilotfish.demo.reading.moves import Moves, StateSpace
from pilotfish.demo.reading.text import require

Place = tuple[int, int]
State = tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class _Car:
    """A car's name, where its first cell is at the start, its direction and length."""

    name: str
    start: Place
    step: Place
    length: int

    def cell(self, at: Place, k: int) -> Place:
        """Return the k-th cell, counted along the car, when it stands at `at`."""
        return at[0] + self.step[0] * k, at[1] + self.step[1] * k

    def cells(self, at: Place) -> list[Place]:
        return [self.cell(at, k) for k in range(self.length)]


def _car(name: str, cells: list[Place]) -> _Car:
    step = (0, 1) if cells[0][0] == cells[-1][0] else (1, 0)
    return _Car(name, cells[0], step, len(cells))


@dataclass(frozen=True, slots=True)
class _Board:
    cars: tuple[_Car, ...]
    floor: frozenset[Place]
    """All cells but the walls."""

    def moves(self, state: State) -> Moves:
        cars = list(zip(self.cars, state, strict=True))
        free = self.floor.difference(*(car.cells(at) for car, at in cars))
        for i, (car, at) in enumerate(cars):
            for by in self._slides(car, at, free):
                after = (*state[:i], car.cell(at, by), *state[i + 1 :])
                yield f"{car.name}{by:+d}", after

    @staticmethod
    def _slides(car: _Car, at: Place, free: frozenset[Place]) -> Iterator[int]:
        """Yield by how many cells the car can move, forwards and backwards."""
        for sign, front in ((1, car.length - 1), (-1, 0)):
            by = sign
            while car.cell(at, front + by) in free:
                yield by
                by += sign


def sliding_cars(text: str) -> StateSpace:
    """Read a board of cars of which AA must leave to the right."""
    rows = re.findall(r"^[A-Zx.o]{4,10}$", text, re.MULTILINE)
    require(len(rows) > 3 and len({len(row) for row in rows}) == 1 and "AA" in text)
    drawn = {(r, c): char for r, row in enumerate(rows) for c, char in enumerate(row)}
    names = sorted(set(drawn.values()) - set(".ox"))
    cars = tuple(
        _car(name, [place for place, char in drawn.items() if char == name])
        for name in names
    )
    floor = frozenset(place for place, char in drawn.items() if char != "x")
    out, width = names.index("A"), len(rows[0])
    return StateSpace(
        tuple(car.start for car in cars),
        _Board(cars, floor).moves,
        lambda state: bool(state[out][1] + cars[out].length == width),
        " ".join,
    )
