"""Problems of moving from a state to a goal: jugs, buttons, discs, paths."""

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
    target = int(search(r"target is:? *(\d+)", text)[1])
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
    matches = re.findall(_BUTTON, text, re.MULTILINE)
    require(matches)
    limit = 20 * max(abs(target), 10)

    def moves(state: tuple[int, str]) -> Moves:
        number, light = state
        after = "green" if light == "red" else "red"
        for name, verb, by, when in matches:
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
    matches = re.findall(r"((?:\|\d+ \d+)+)/(\d+) (\d+) *=", text)
    require(matches)
    listed, start, goal = matches[-1]
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
