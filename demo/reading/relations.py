"""Puzzles stated as relations: sums of words, linear equations, edges of graphs."""

import json
import math
import re
from collections import Counter
from collections.abc import Sequence

from pilotfish.demo.reading.puzzle import (
    AllDifferent,
    Linear,
    Puzzle,
    Solution,
    difference,
)
from pilotfish.demo.reading.text import integers, require, search

_REACH = 1000
"""How far from zero an integer unknown of an equation is looked for."""


def word_sum(text: str) -> Puzzle:
    """Read words in capitals, added in a column, whose letters stand for digits."""
    match = search(
        r"((?:^[ +]*[A-Z]+ *\n)+)^ *-+ *\n^ *([A-Z]+) *$", text, re.MULTILINE
    )
    words, result = re.findall("[A-Z]+", match[1]), match[2]
    letters = sorted({letter for word in (*words, result) for letter in word})
    require(len(words) > 1 and len(letters) <= 10)
    weights: Counter[str] = Counter()
    for word, sign in [*((word, 1) for word in words), (result, -1)]:
        for place, letter in enumerate(reversed(word)):
            weights[letter] += sign * 10**place
    leading = {word[0] for word in (*words, result)}
    domains = {c: range(1 if c in leading else 0, 10) for c in letters}
    adds_up = Linear(tuple((weights[c], c) for c in letters), "==", 0)

    def answer(solutions: Sequence[Solution]) -> str:
        return ",".join(f"{c}={solutions[0][c]}" for c in letters)

    return Puzzle(domains, (AllDifferent(tuple(letters)), adds_up), answer)


_FACTOR = r"(?:\d+|[a-zA-Z]\b)"
_TERMS = rf"(?: *[-+]? *{_FACTOR}(?: ?\* ?{_FACTOR})*)+"


def linear_equation(text: str) -> Puzzle:
    """Read an equation that is linear in one unknown, such as `3*x - 12 = 2*x`."""
    match = search(rf"(?:^|: *)({_TERMS}) *=({_TERMS})\s*$", text, re.MULTILINE)
    names = set(re.findall("[a-zA-Z]", match[1] + match[2]))
    require(len(names) == 1)
    (name,) = names
    left, right = _collect(match[1]), _collect(match[2])
    equation = Linear(((left[1] - right[1], name),), "==", right[0] - left[0])

    def answer(solutions: Sequence[Solution]) -> str:
        return str(solutions[0][name])

    return Puzzle({name: range(-_REACH, _REACH + 1)}, (equation,), answer)


def _collect(side: str) -> tuple[int, int]:
    """Return the constant of one side and the factor of its unknown."""
    sums = [0, 0]
    for term in re.findall(r"[-+]?[^-+]+", side.replace(" ", "")):
        factors = term.lstrip("-+").split("*")
        degree = sum(factor.isalpha() for factor in factors)
        require(degree <= 1)
        value = math.prod(int(factor) for factor in factors if factor.isdigit())
        sums[degree] += -value if term.startswith("-") else value
    return sums[0], sums[1]


def edges(text: str) -> list[tuple[int, int]]:
    """Return the pairs of integers in the text's longest list of pairs, perhaps none."""
    lists = re.findall(r"\[((?:\(-?\d+, ?-?\d+\)(?:, ?)?)*)\]", text)
    require(lists)
    flat = integers(max(lists, key=len))
    return list(zip(flat[::2], flat[1::2], strict=True))


def colouring(text: str) -> Puzzle:
    """Read a graph whose neighbours must differ in colour."""
    require(re.search(r"(?i)colou?r", text))
    vertices = integers(search(r"(?i)vertices: *\[([^\]]*)\]", text)[1])
    colours = sorted(integers(search(r"(?i)colou?rs: *\[([^\]]*)\]", text)[1]))
    apart = [difference(str(a), str(b), "!=", 0) for a, b in edges(text)]

    def answer(solutions: Sequence[Solution]) -> str:
        return json.dumps({str(v): solutions[0][str(v)] for v in vertices})

    return Puzzle({str(v): colours for v in vertices}, tuple(apart), answer)


def ordering(text: str) -> Puzzle:
    """Read pairs (later, earlier) of which the text asks whether an order exists."""
    require(re.search(r"(?i)prerequisite|before|first", text))
    require(re.search(r"True if .*False otherwise", text))
    pairs = edges(text)
    names = sorted({str(item) for pair in pairs for item in pair})
    later = [difference(str(a), str(b), ">=", 1) for a, b in pairs]

    def answer(solutions: Sequence[Solution]) -> str:
        return str(bool(solutions))

    return Puzzle({name: range(len(names)) for name in names}, tuple(later), answer)
