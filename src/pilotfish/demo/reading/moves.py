"""Problems of moving from a state to a goal: jugs, buttons, discs, paths, sliding."""

import json
import re
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from pilotfish.demo.reading.text import integers, require, search

Moves = Iterable[tuple[str, Hashable]]


@dataclass(frozen=True, slots=True)
class StateSpace:
    """Where one is, where one can go from a state and how, and when one is there."""

    start: Any
    moves: Callable[[Any], Moves]
    is_goal: Callable[[Any], bool]
    answer: Callable[[Sequence[str]], str]


def jugs(text: str) -> StateSpace:
    """Read jugs of given capacities, to be filled, emptied and poured."""
    sizes = re.findall(r"\b([A-Z]):(\d+)", text)
    target = int(search(r"target[^\d]*(\d+)", text)[1])
    require(len(sizes) > 1 and "pour" in text)
    capacity = [int(size) for _, size in sizes]
    names = [name for name, _ in sizes]

    def moves(state: tuple[int, ...]) -> Moves:
        for i, name in enumerate(names):
            yield f"fill {name}", (*state[:i], capacity[i], *state[i + 1 :])
            yield f"empty {name}", (*state[:i], 0, *state[i + 1 :])
            for j, other in enumerate(names):
                if i != j:
                    poured = list(state)
                    amount = min(state[i], capacity[j] - state[j])
                    poured[i] -= amount
                    poured[j] += amount
                    yield f"pour {name}->{other}", tuple(poured)

    start = (0,) * len(names)
    return StateSpace(start, moves, lambda state: target in state, json.dumps)


_BUTTON = r"^([A-Z]): (Add|Subtract|Multiply) (\d+) \(when (\w+)\)$"


def buttons(text: str) -> StateSpace:
    """Read buttons that change a number, some only while a light has a colour."""
    begin = search(r"Start: (-?\d+) \((\w+)\)", text)
    target = int(search(r"Target: (-?\d+)", text)[1])
    found = re.findall(_BUTTON, text, re.MULTILINE)
    require(found)
    limit = 20 * max(abs(target), 10)

    def moves(state: tuple[int, str]) -> Moves:
        number, light = state
        after = "green" if light == "red" else "red"
        for name, verb, by, when in found:
            if when in ("any", light):
                results = {"Add": int(by) + number, "Subtract": number - int(by)}
                result = results.get(verb, number * int(by))
                if abs(result) <= limit:
                    yield name, (result, after)

    return StateSpace(
        (int(begin[1]), begin[2]),
        moves,
        lambda state: bool(state[0] == target),
        " → ".join,
    )


@dataclass(frozen=True, slots=True)
class Tower:
    """Discs 1 (smallest) to `discs` on a peg, all to be moved to another."""

    discs: int
    pegs: int
    start: int
    goal: int


def tower(text: str) -> Tower:
    """Read how many discs and pegs there are, and which peg is the goal."""
    size = search(r"(\d+) disks? and (\d+) pegs?", text)
    ends = search(r"from Peg (\d+) to Peg (\d+)", text)
    return Tower(int(size[1]), int(size[2]), int(ends[1]), int(ends[2]))


def discs(text: str) -> StateSpace:
    """Read discs that are moved one at a time, never onto a smaller one."""
    task = tower(text)
    require(task.discs <= 12)

    def moves(state: tuple[int, ...]) -> Moves:
        top: dict[int, int] = {}
        for disc, peg in enumerate(state):
            top.setdefault(peg, disc)
        for peg, disc in top.items():
            for other in range(1, task.pegs + 1):
                if disc < top.get(other, task.discs):
                    after = (*state[:disc], other, *state[disc + 1 :])
                    yield f"Move disk {disc + 1} from Peg {peg} to Peg {other}", after

    return StateSpace(
        (task.start,) * task.discs,
        moves,
        lambda state: set(state) == {task.goal},
        "\n".join,
    )


def labelled_path(text: str) -> StateSpace:
    """Read edges `|a b|c d` and the ends after a slash; the answer names the nodes."""
    found = re.findall(r"((?:\|\d+ \d+)+)/(\d+) (\d+) *=", text)
    require(found)
    listed, start, goal = found[-1]
    flat = [str(number) for number in integers(listed.replace("|", " "))]
    edges = list(zip(flat[::2], flat[1::2], strict=True))

    def moves(state: str) -> Moves:
        return [(b, b) for a, b in edges if a == state]

    return StateSpace(
        start,
        moves,
        lambda state: bool(state == goal),
        lambda labels: " ".join([start, *labels]),
    )


def sliding_cars(text: str) -> StateSpace:
    """Read a board of cars of which AA must leave to the right (Rush Hour)."""
    rows = re.findall(r"^[A-Zx.o]{4,10}$", text, re.MULTILINE)
    require(len(rows) > 3 and len({len(row) for row in rows}) == 1 and "AA" in text)
    cells: dict[str, list[tuple[int, int]]] = {}
    for r, row in enumerate(rows):
        for c, char in enumerate(row):
            if char not in ".o":
                cells.setdefault(char, []).append((r, c))
    walls = frozenset(cells.pop("x", []))
    names = sorted(cells)
    lengths = [len(cells[name]) for name in names]
    steps = [(0, 1) if cells[n][0][0] == cells[n][-1][0] else (1, 0) for n in names]
    height, width, red = len(rows), len(rows[0]), names.index("A")

    def body(i: int, at: tuple[int, int]) -> list[tuple[int, int]]:
        down, right = steps[i]
        return [(at[0] + down * k, at[1] + right * k) for k in range(lengths[i])]

    def moves(state: tuple[tuple[int, int], ...]) -> Moves:
        taken = walls.union(*(body(i, at) for i, at in enumerate(state)))
        for i, at in enumerate(state):
            own, (down, right) = body(i, at), steps[i]
            for sign, (r, c) in ((1, own[-1]), (-1, own[0])):
                k = 1
                while _free(
                    r + down * sign * k, c + right * sign * k, taken, height, width
                ):
                    place = (at[0] + down * sign * k, at[1] + right * sign * k)
                    yield (
                        f"{names[i]}{sign * k:+d}",
                        (*state[:i], place, *state[i + 1 :]),
                    )
                    k += 1

    return StateSpace(
        tuple(cells[name][0] for name in names),
        moves,
        lambda state: bool(state[red][1] + lengths[red] == width),
        " ".join,
    )


def _free(
    row: int, column: int, taken: frozenset[tuple[int, int]], height: int, width: int
) -> bool:
    return 0 <= row < height and 0 <= column < width and (row, column) not in taken
