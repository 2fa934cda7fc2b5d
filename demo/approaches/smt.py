"""Satisfiability modulo theories: z3 over integers, reals and truth values."""

# z3 ships no types, and what pyright guesses from its source is wrong.
# pyright: reportArgumentType=false, reportAttributeAccessIssue=false
# pyright: reportOperatorIssue=false, reportReturnType=false

import re
from collections.abc import Mapping
from fractions import Fraction

import z3

from pilotfish.demo.reading import logic
from pilotfish.demo.reading.catalogue import PUZZLES, read
from pilotfish.demo.reading.puzzle import (
    AllDifferent,
    Constraint,
    Formula,
    Linear,
    Puzzle,
    Solution,
)
from pilotfish.demo.reading.text import (
    NotApplicableError,
    first_applicable,
    require,
    search,
)
from pilotfish.demo.trail import note

_ALL_SOLUTIONS = 200


def solve(text: str) -> str:
    """Conclude from premises, solve a puzzle's formulas, or find real roots."""
    return first_applicable(text, (_conclude, _solve_puzzle, _real_roots))


def _solve_puzzle(text: str) -> str:
    note("list_unknowns")
    puzzle = read(text, PUZZLES)
    return puzzle.answer(solutions(puzzle))


def _conclude(text: str) -> str:
    note("read_premises")
    premises = logic.premises(text)
    for conclusion in premises.candidates():
        note("negate_conclusion")
        if not solutions(premises.refutation(conclusion)):
            return conclusion
    raise NotApplicableError("nothing follows")


def solutions(puzzle: Puzzle) -> list[Solution]:
    """Return one solution, or all if the puzzle asks for their number."""
    note("write_formulas")
    unknowns = {name: z3.Int(f"v_{name}") for name in puzzle.domains}
    solver = z3.Solver()
    for name, values in puzzle.domains.items():
        solver.add(unknowns[name] >= min(values), unknowns[name] <= max(values))
    for constraint in puzzle.constraints:
        solver.add(_state(constraint, unknowns))
    note("satisfy_formulas")
    models: list[Solution] = []
    limit = _ALL_SOLUTIONS if puzzle.count else 1
    while len(models) < limit and solver.check() == z3.sat:
        model = solver.model()
        solution = {
            name: model.eval(unknown, model_completion=True).as_long()
            for name, unknown in unknowns.items()
        }
        models.append(solution)
        solver.add(z3.Or([unknowns[n] != value for n, value in solution.items()]))
    require(solver.check() != z3.unknown or models)
    return models


def _state(constraint: Constraint, unknowns: Mapping[str, z3.ArithRef]) -> z3.BoolRef:
    match constraint:
        case Linear(terms, relation, bound):
            value = z3.Sum([factor * unknowns[name] for factor, name in terms])
            compared = {
                "==": value == bound,
                "!=": value != bound,
                "<=": value <= bound,
                ">=": value >= bound,
            }
            return compared[relation]
        case AllDifferent(names):
            return z3.Distinct([unknowns[name] for name in names])
        case Formula(connective, parts):
            stated = [_state(part, unknowns) for part in parts]
            return _connect(connective, stated)


def _connect(connective: str, parts: list[z3.BoolRef]) -> z3.BoolRef:
    match connective:
        case "not":
            return z3.Not(parts[0])
        case "and":
            return z3.And(parts)
        case "or":
            return z3.Or(parts)
        case "implies":
            return z3.Implies(parts[0], parts[1])
        case _:
            return parts[0] == parts[1]


_TERM = r"[-+]? *(?:\d+\*)?[a-z]\*\*\d|[-+]? *\d+\*[a-z]|[-+]? *[a-z]\b|[-+]? *\d+"


def _real_roots(text: str) -> str:
    """Find the real roots of a polynomial with integer factors, one after another."""
    note("read_equation")
    match = search(rf"(?:: ?|\n)((?: *(?:{_TERM}))+) = 0", text)
    names = set(re.findall("[a-z]", match[1]))
    require(len(names) == 1)
    unknown = z3.Real("x")
    solver = z3.Solver()
    note("write_formulas")
    terms = re.findall(rf"({_TERM})", match[1])
    solver.add(z3.Sum([_term(term.replace(" ", ""), unknown) for term in terms]) == 0)
    note("satisfy_formulas")
    roots: list[float] = []
    while len(roots) < 8 and solver.check() == z3.sat:
        value = solver.model()[unknown]
        require(value is not None)
        solver.add(unknown != value)
        roots.append(_decimal(value))
    return ", ".join(str(round(root, 4)) for root in sorted(roots))


def _term(term: str, unknown: z3.ArithRef) -> z3.ArithRef:
    sign = -1 if term.startswith("-") else 1
    factor = re.match(r"[-+]?(\d+)", term)
    power = re.search(r"\*\*(\d)", term)
    degree = int(power[1]) if power else int(bool(re.search("[a-z]", term)))
    result = z3.RealVal(sign * int(factor[1] if factor else 1))
    for _ in range(degree):
        result *= unknown
    return result


def _decimal(value: z3.ExprRef) -> float:
    if isinstance(value, z3.AlgebraicNumRef):
        value = value.approx(12)
    require(isinstance(value, z3.RatNumRef))
    return float(Fraction(value.numerator_as_long(), value.denominator_as_long()))
