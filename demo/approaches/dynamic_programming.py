"""Tables of partial answers, from which the whole answer is built."""

import math
from fractions import Fraction
from functools import cache

from pilotfish.demo.reading import chances, moves, numbers, relations, words
from pilotfish.demo.reading.catalogue import GRIDS, read
from pilotfish.demo.reading.grids import Cell, Grid
from pilotfish.demo.reading.text import NotApplicableError, first_applicable, require
from pilotfish.demo.trail import note


def solve(text: str) -> str:
    """Fill the table that fits the text."""
    return first_applicable(text, _METHODS)


def _grid(text: str) -> str:
    note("read_grid")
    grid = read(text, GRIDS)
    note("fill_table")
    return grid.answer(relax(grid))


def relax(grid: Grid) -> dict[Cell, int]:
    """Return distances by sweeps: one plus the least of the neighbours (Bellman, 1958)."""
    far: dict[Cell, int] = dict.fromkeys(grid.sources, 0)
    order = sorted(grid.open_cells)
    changed = True
    while changed:
        changed = False
        for cell in (*order, *reversed(order)):
            lengths = [
                far[other] + 1 for other in grid.neighbours(cell) if other in far
            ]
            best = min(lengths, default=math.inf)
            if best < far.get(cell, math.inf):
                far[cell] = int(best)
                changed = True
    return far


def _dice(text: str) -> str:
    """Keep the number of ways to each sum, one die after another."""
    note("read_chances")
    throw = chances.throw(text)
    note("fill_table")
    ways = {0: 1}
    for faces in throw.faces:
        after: dict[int, int] = {}
        for total, count in ways.items():
            for face in range(1, faces + 1):
                after[total + face] = after.get(total + face, 0) + count
        ways = after
    good = sum(count for total, count in ways.items() if total >= throw.least)
    return str(Fraction(good, math.prod(throw.faces)))


def _coins(text: str) -> str:
    """Keep the chance of each number of heads, one coin after another."""
    note("read_chances")
    flips = chances.flips(text)
    note("fill_table")
    chance = [1.0]
    for _ in range(flips.coins):
        pairs = zip([*chance, 0.0], [0.0, *chance], strict=True)
        chance = [(tails + heads) / 2 for tails, heads in pairs]
    return format(sum(chance[flips.least : flips.most + 1]), ".10g")


def _smallest_factors(limit: int) -> list[int]:
    require(limit <= 10**6)
    table = list(range(limit + 1))
    for n in range(2, math.isqrt(limit) + 1):
        if table[n] == n:
            for multiple in range(n * n, limit + 1, n):
                if table[multiple] == multiple:
                    table[multiple] = n
    return table


def _factors(text: str) -> str:
    note("read_numbers")
    number = numbers.number_to_factor(text)
    note("fill_table")
    table, factors = _smallest_factors(number), []
    note("read_off_table")
    while number > 1:
        factors.append(table[number])
        number //= table[number]
    return " × ".join(map(str, factors))


def _count_primes(text: str) -> str:
    note("read_numbers")
    low, high = numbers.primes_between(text)
    note("fill_table")
    table = _smallest_factors(high)
    note("read_off_table")
    return str(sum(table[n] == n for n in range(max(low, 2), high + 1)))


def _palindrome_parts(text: str) -> str:
    """Build the partitions of each suffix from those of shorter ones."""
    note("read_string")
    whole = words.string_to_partition(text)
    note("fill_table")
    require(0 < len(whole) <= 40)
    suffixes: dict[int, list[list[str]]] = {len(whole): [[]]}
    for begin in reversed(range(len(whole))):
        suffixes[begin] = [
            [whole[begin:end], *rest]
            for end in range(begin + 1, len(whole) + 1)
            if whole[begin:end] == whole[begin:end][::-1]
            for rest in suffixes[end]
        ]
        require(len(suffixes[begin]) < 50_000)
    return words.as_json(suffixes[0])


def _tower(text: str) -> str:
    """Move a tower by way of smaller towers (Frame and Stewart, 1941)."""
    note("read_discs")
    task = moves.tower(text)
    note("split_into_smaller")
    require(3 <= task.pegs <= 8 and 1 <= task.discs <= 14)

    @cache
    def best(discs: int, pegs: int) -> tuple[float, int]:
        """Return the fewest moves, and how many discs to set aside first."""
        if discs <= 1:
            return discs, 0
        if pegs < 3:
            return math.inf, 0
        costs = (
            (2 * best(aside, pegs)[0] + best(discs - aside, pegs - 1)[0], aside)
            for aside in range(1, discs)
        )
        return min(costs)

    lines: list[str] = []

    def move(discs: list[int], start: int, goal: int, free: list[int]) -> None:
        if not discs:
            return
        aside = best(len(discs), len(free) + 2)[1]
        if len(discs) == 1:
            lines.append(f"Move disk {discs[0]} from Peg {start} to Peg {goal}")
            return
        spare, others = free[0], free[1:]
        move(discs[:aside], start, spare, [goal, *others])
        move(discs[aside:], start, goal, others)
        move(discs[:aside], spare, goal, [start, *others])

    free = [p for p in range(1, task.pegs + 1) if p not in (task.start, task.goal)]
    move(list(range(1, task.discs + 1)), task.start, task.goal, free)
    return "\n".join(lines)


def _order_exists(text: str) -> str:
    """Give each item a level above all that must come before it; a cycle has none."""
    note("read_edges")
    relations.ordering(text)
    note("fill_table")
    pairs = relations.edges(text)
    items = {item for pair in pairs for item in pair}
    level = dict.fromkeys(items, 0)
    for _ in range(len(items) + 1):
        raised = False
        for later, earlier in pairs:
            if level[later] <= level[earlier]:
                level[later], raised = level[earlier] + 1, True
        if not raised:
            return "True"
    return "False"


def _make_number(text: str) -> str:
    """Keep all values that each subset of the numbers can make."""
    note("read_numbers")
    task = chances.target(text)
    note("fill_table")
    require(len(task.numbers) <= 4)
    full = (1 << len(task.numbers)) - 1
    table: dict[int, dict[Fraction, str]] = {
        1 << i: {Fraction(n): str(n)} for i, n in enumerate(task.numbers)
    }
    for subset in range(1, full + 1):
        values = table.setdefault(subset, {})
        part = (subset - 1) & subset
        while part:
            _combine(table[part], table[subset ^ part], values)
            part = (part - 1) & subset
    expression = table[full].get(Fraction(task.target))
    if expression is None:
        raise NotApplicableError("the numbers cannot make it")
    return expression


def _combine(
    left: dict[Fraction, str], right: dict[Fraction, str], values: dict[Fraction, str]
) -> None:
    for x, a in left.items():
        for y, b in right.items():
            values.setdefault(x + y, f"({a} + {b})")
            values.setdefault(x - y, f"({a} - {b})")
            values.setdefault(x * y, f"({a} * {b})")
            if y:
                values.setdefault(x / y, f"({a} / {b})")


_METHODS = (
    _grid,
    _tower,
    _order_exists,
    _make_number,
    _dice,
    _coins,
    _factors,
    _count_primes,
    _palindrome_parts,
)
