"""A finite-domain puzzle: variables, what must hold, and how to word a solution.

The common ground of constraint programming, SMT and enumeration: each takes the same
puzzle and solves it in its own way.
"""

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Solution = Mapping[str, int]
Relation = Literal["==", "!=", "<=", ">="]
Connective = Literal["not", "and", "or", "implies", "iff"]

RELATIONS: Mapping[str, Callable[[int, int], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Linear:
    """`sum(coefficient * variable) relation bound`."""

    terms: tuple[tuple[int, str], ...]
    relation: Relation
    bound: int


@dataclass(frozen=True, slots=True)
class AllDifferent:
    """No two of the variables are equal."""

    variables: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Formula:
    """A connective over formulas and linear relations."""

    connective: Connective
    parts: tuple["Constraint", ...]


Constraint: TypeAlias = Linear | AllDifferent | Formula


@dataclass(frozen=True, slots=True)
class Puzzle:
    """What to find.

    Attributes:
        domains: the values that each variable may take, in ascending order.
        answer: puts the solutions into words; an empty list means that there is none.
        count: whether the answer needs all solutions, not just one.
    """

    domains: Mapping[str, Sequence[int]]
    constraints: tuple[Constraint, ...]
    answer: Callable[[Sequence[Solution]], str]
    count: bool = False


def fact(name: str) -> Linear:
    """Return "the 0/1 variable is true"."""
    return Linear(((1, name),), "==", 1)


def difference(left: str, right: str, relation: Relation, bound: int) -> Linear:
    """Return `left - right relation bound`."""
    return Linear(((1, left), (-1, right)), relation, bound)


def total(names: Sequence[str], relation: Relation, bound: int) -> Linear:
    """Return `sum(names) relation bound`."""
    return Linear(tuple((1, name) for name in names), relation, bound)


def variables(constraint: Constraint) -> Iterator[str]:
    """Yield the variables that a constraint speaks of, some more than once."""
    match constraint:
        case Linear(terms):
            yield from (name for _, name in terms)
        case AllDifferent(names):
            yield from names
        case Formula(_, parts):
            for part in parts:
                yield from variables(part)


def holds(constraint: Constraint, solution: Solution) -> bool:
    """Return whether a constraint holds when all its variables have values."""
    match constraint:
        case Linear(terms, relation, bound):
            value = sum(factor * solution[name] for factor, name in terms)
            return RELATIONS[relation](value, bound)
        case AllDifferent(names):
            return len({solution[name] for name in names}) == len(names)
        case Formula(connective, parts):
            return _connect(connective, [holds(part, solution) for part in parts])


def _connect(connective: Connective, values: list[bool]) -> bool:
    match connective:
        case "not":
            return not values[0]
        case "and":
            return all(values)
        case "or":
            return any(values)
        case "implies":
            return not values[0] or values[1]
        case "iff":
            return values[0] == values[1]
