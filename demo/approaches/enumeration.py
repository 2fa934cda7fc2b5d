"""Brute force: list the candidates in order and check each, within a budget."""

import math
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from itertools import islice, permutations, product
from typing import Any

from pilotfish.demo.reading import chances, logic, numbers, words
from pilotfish.demo.reading.catalogue import PUZZLES, STATE_SPACES, read
from pilotfish.demo.reading.puzzle import Constraint, Puzzle, Solution, holds, variables
from pilotfish.demo.reading.text import NotApplicableError, first_applicable, require
from pilotfish.demo.trail import note

BUDGET = 120_000
"""Candidates looked at before giving up: about a third of a second."""


def solve(text: str) -> str:
    """Try the candidates of whatever the text asks for."""
    return first_applicable(text, _METHODS)


def _solve_puzzle(text: str) -> str:
    note("list_unknowns")
    puzzle = read(text, PUZZLES)
    limit = BUDGET if puzzle.count else 1
    return puzzle.answer(list(islice(solutions(puzzle), limit)))


def solutions(puzzle: Puzzle) -> Iterator[Solution]:
    """Assign the variables in order; drop a prefix that breaks a constraint.

    Nothing is inferred from the constraints: a large puzzle exhausts the budget.
    """
    note("list_candidates")
    names = list(puzzle.domains)
    note("check_each")
    closing = _closing(puzzle, names)
    values = [iter(puzzle.domains[names[0]])]
    solution: dict[str, int] = {}
    for _ in range(BUDGET):
        if not values:
            return
        name = names[len(values) - 1]
        value = next(values[-1], None)
        if value is None:
            values.pop()
            continue
        solution[name] = value
        if not all(holds(constraint, solution) for constraint in closing[name]):
            continue
        if len(values) == len(names):
            yield dict(solution)
        else:
            values.append(iter(puzzle.domains[names[len(values)]]))
    raise NotApplicableError("too many candidates")


def _closing(puzzle: Puzzle, names: list[str]) -> dict[str, list[Constraint]]:
    """Return for each variable the constraints of which it is the last one."""
    order = {name: i for i, name in enumerate(names)}
    closing: dict[str, list[Constraint]] = {name: [] for name in names}
    for constraint in puzzle.constraints:
        last = max(variables(constraint), key=order.__getitem__)
        closing[last].append(constraint)
    return closing


def _conclude(text: str) -> str:
    note("read_premises")
    premises = logic.premises(text)
    note("list_candidates")
    for conclusion in premises.candidates():
        if next(solutions(premises.refutation(conclusion)), None) is None:
            return conclusion
    raise NotApplicableError("nothing follows")


def _try_moves(text: str) -> str:
    """Try all sequences of moves, shorter ones first, without a memory of states."""
    note("name_start_and_goal")
    space = read(text, STATE_SPACES)
    note("list_candidates")
    note("check_each")
    level: list[tuple[tuple[str, ...], Any]] = [((), space.start)]
    seen = 0
    while level:
        following: list[tuple[tuple[str, ...], Any]] = []
        for labels, state in level:
            if space.is_goal(state):
                return space.answer(labels)
            for label, after in space.moves(state):
                following.append(((*labels, label), after))
                seen += 1
                require(seen < BUDGET // 2)
        level = following
    raise NotApplicableError("no move is left")


def _divisor_or_multiple(text: str) -> str:
    note("read_numbers")
    kind, given = numbers.divisor_or_multiple(text)
    note("check_each")
    if kind == "gcd":
        low = min(given)
        require(low < BUDGET)
        return str(next(d for d in range(low, 0, -1) if not any(n % d for n in given)))
    high = max(given)
    for multiple in range(high, high * BUDGET, high):
        if not any(multiple % n for n in given):
            return str(multiple)
    raise NotApplicableError("too many candidates")


def _lowest_terms(text: str) -> str:
    note("read_fraction")
    top, bottom, form = numbers.fraction(text)
    note("check_each")
    require(0 < min(top, bottom) < BUDGET)
    common = (d for d in range(min(top, bottom), 0, -1) if top % d == bottom % d == 0)
    divisor = next(common)
    return form % (top // divisor, bottom // divisor)


def _factors(text: str) -> str:
    note("read_numbers")
    number, factors, divisor = numbers.number_to_factor(text), [], 2
    note("check_each")
    while number > 1:
        require(divisor < BUDGET)
        while number % divisor == 0:
            factors.append(divisor)
            number //= divisor
        divisor += 1
    return " × ".join(map(str, factors))


def _count_primes(text: str) -> str:
    note("read_numbers")
    low, high = numbers.primes_between(text)
    note("check_each")
    require((high - low) * math.isqrt(high) < 100 * BUDGET)

    def is_prime(n: int) -> bool:
        return n > 1 and all(n % d for d in range(2, math.isqrt(n) + 1))

    return str(sum(is_prime(n) for n in range(low, high + 1)))


def _dice(text: str) -> str:
    note("read_chances")
    throw = chances.throw(text)
    note("list_candidates")
    size = math.prod(throw.faces)
    require(size < 2 * BUDGET)
    note("check_each")
    rolls = product(*(range(1, faces + 1) for faces in throw.faces))
    return str(Fraction(sum(sum(roll) >= throw.least for roll in rolls), size))


def _coins(text: str) -> str:
    note("read_chances")
    flips = chances.flips(text)
    note("list_candidates")
    require(2**flips.coins < BUDGET)
    heads = Counter(bits.bit_count() for bits in range(2**flips.coins))
    note("check_each")
    wanted = sum(heads[n] for n in range(flips.least, flips.most + 1))
    return format(wanted / 2**flips.coins, ".10g")


def _palindrome(text: str) -> str:
    note("read_letters")
    letters = words.palindrome_letters(text)
    note("list_candidates")
    require(math.factorial(len(letters)) < 5 * BUDGET)
    note("check_each")
    for letters_in_order in permutations(letters):
        if letters_in_order == letters_in_order[::-1]:
            return "".join(letters_in_order)
    raise NotApplicableError("no palindrome")


def _palindrome_parts(text: str) -> str:
    """Cut at every subset of places."""
    note("read_string")
    whole = words.string_to_partition(text)
    note("list_candidates")
    require(0 < len(whole) <= 15)
    partitions = []
    note("check_each")
    for cuts in product((False, True), repeat=len(whole) - 1):
        ends = [i + 1 for i, cut in enumerate(cuts) if cut]
        bounds = zip([0, *ends], [*ends, len(whole)], strict=True)
        parts = [whole[begin:end] for begin, end in bounds]
        if all(part == part[::-1] for part in parts):
            partitions.append(parts)
    return words.as_json(partitions)


def _shifts(text: str) -> str:
    """Try all 26 shifts; take the one whose letters are most common in English."""
    note("read_cipher")
    cipher = words.shifted_text(text)
    note("list_candidates")
    plain = (words.shift(cipher, by) for by in range(26))
    note("check_each")
    return max(plain, key=words.englishness)


def _make_number(text: str) -> str:
    """Try every order of the numbers with every operator, from left to right."""
    note("read_numbers")
    task = chances.target(text)
    note("list_candidates")
    require(len(task.numbers) <= 4)
    note("check_each")
    for order in permutations(task.numbers):
        for signs in product("+-*/", repeat=len(order) - 1):
            value, source = Fraction(order[0]), str(order[0])
            for sign, number in zip(signs, order[1:], strict=True):
                value = _apply(value, sign, number)
                source = f"({source} {sign} {number})"
            if value == task.target:
                return source
    raise NotApplicableError("no expression from left to right")


def _apply(value: Fraction, sign: str, number: int) -> Fraction:
    match sign:
        case "+":
            return value + number
        case "-":
            return value - number
        case "*":
            return value * number
        case _:
            return value / number if number else Fraction(-1)


_METHODS = (
    _conclude,
    _solve_puzzle,
    _try_moves,
    _make_number,
    _divisor_or_multiple,
    _dice,
    _coins,
    _lowest_terms,
    _factors,
    _count_primes,
    _palindrome,
    _palindrome_parts,
    _shifts,
)
