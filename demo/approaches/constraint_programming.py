"""Propagation and search over finite domains: OR-tools' CP-SAT."""

from ortools.sat.python import cp_model

from pilotfish.demo.reading.catalogue import PUZZLES, read
from pilotfish.demo.reading.puzzle import (
    AllDifferent,
    Constraint,
    Formula,
    Linear,
    Puzzle,
    Relation,
    Solution,
)
from pilotfish.demo.reading.text import first_applicable, require
from pilotfish.demo.trail import note

_OPPOSITE: dict[Relation, tuple[Relation, int]] = {
    "==": ("!=", 0),
    "!=": ("==", 0),
    "<=": (">=", 1),
    ">=": ("<=", -1),
}
_ALL_SOLUTIONS = 2000


class _Model:
    """A puzzle in CP-SAT's terms; nested formulas become reified literals."""

    def __init__(self, puzzle: Puzzle) -> None:
        self.model = cp_model.CpModel()
        self.variables = {
            name: self.model.new_int_var_from_domain(
                cp_model.Domain.from_values(list(values)), name
            )
            for name, values in puzzle.domains.items()
        }
        for constraint in puzzle.constraints:
            self._require(constraint)

    def _require(self, constraint: Constraint) -> None:
        match constraint:
            case Linear(terms, relation, bound):
                self.model.add(self._compare(terms, relation, bound))
            case AllDifferent(names):
                self.model.add_all_different([self.variables[name] for name in names])
            case Formula():
                self.model.add_bool_or([self._literal(constraint)])

    def _compare(
        self, terms: tuple[tuple[int, str], ...], relation: Relation, bound: int
    ) -> cp_model.BoundedLinearExpression | bool:
        value = sum(factor * self.variables[name] for factor, name in terms)
        match relation:
            case "==":
                return value == bound
            case "!=":
                return value != bound
            case "<=":
                return value <= bound
            case ">=":
                return value >= bound

    def _literal(self, constraint: Constraint) -> cp_model.IntVar:
        """Return a 0/1 variable that is true exactly when the constraint holds."""
        literal = self.model.new_bool_var("")
        match constraint:
            case Linear(terms, relation, bound):
                require(terms)
                opposite, shift = _OPPOSITE[relation]
                self.model.add(self._compare(terms, relation, bound)).only_enforce_if(
                    literal
                )
                self.model.add(
                    self._compare(terms, opposite, bound + shift)
                ).only_enforce_if(~literal)
            case Formula(connective, parts):
                self._define(literal, connective, [self._literal(p) for p in parts])
            case _:
                require(False)
        return literal

    def _define(
        self,
        literal: cp_model.IntVar,
        connective: str,
        parts: list[cp_model.IntVar],
    ) -> None:
        model = self.model
        match connective:
            case "not":
                model.add(literal != parts[0])
            case "and":
                model.add_min_equality(literal, parts)
            case "or":
                model.add_max_equality(literal, parts)
            case "implies":
                model.add_max_equality(literal, [1 - parts[0], parts[1]])
            case _:
                model.add(parts[0] == parts[1]).only_enforce_if(literal)
                model.add(parts[0] != parts[1]).only_enforce_if(~literal)


class _Collect(cp_model.CpSolverSolutionCallback):
    def __init__(self, variables: dict[str, cp_model.IntVar], limit: int) -> None:
        super().__init__()
        self.variables, self.limit = variables, limit
        self.solutions: list[Solution] = []

    def on_solution_callback(self) -> None:
        self.solutions.append(
            {name: self.value(v) for name, v in self.variables.items()}
        )
        if len(self.solutions) >= self.limit:
            self.stop_search()


def solutions(puzzle: Puzzle) -> list[Solution]:
    """Return one solution, or all if the puzzle asks for their number."""
    note("state_constraints")
    stated = _Model(puzzle)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_time_in_seconds = 0.8
    solver.parameters.enumerate_all_solutions = puzzle.count
    collect = _Collect(stated.variables, _ALL_SOLUTIONS if puzzle.count else 1)
    note("rule_out_values")
    status = solver.solve(stated.model, collect)
    require(status not in (cp_model.UNKNOWN, cp_model.MODEL_INVALID))
    return collect.solutions


def solve(text: str) -> str:
    """Read the text as a puzzle and let CP-SAT solve it."""
    return first_applicable(text, (_solve_puzzle,))


def _solve_puzzle(text: str) -> str:
    note("list_unknowns")
    puzzle = read(text, PUZZLES)
    return puzzle.answer(solutions(puzzle))
