"""The portfolio's approaches: each is one general way to solve a problem.

Every module has `solve(text)`, which returns an answer or raises NotApplicableError. An
approach never learns whether its answer is right.
"""

from collections.abc import Mapping

INSTRUCTIONS: Mapping[str, str] = {
    "constraint_programming": (
        "State the unknowns with their possible values and the constraints between "
        "them, then propagate: rule out values until one assignment is left."
    ),
    "direct_evaluation": (
        "Calculate it step by step exactly as it is written: arithmetic in the right "
        "order of operations, number bases, dates, formulas for chances."
    ),
    "dynamic_programming": (
        "Find a recurrence: solve the smallest parts first, keep their answers in a "
        "table, and build the answer of the whole from the table."
    ),
    "enumeration": (
        "List every candidate answer one after another and check each against the "
        "conditions; count them if a number or a chance is asked for."
    ),
    "smt": (
        "Write the statements as formulas over truth values and numbers, and derive "
        "what satisfies them all; to show that something follows, refute its negation."
    ),
    "state_search": (
        "Name the start state, the moves and the goal, then explore the states breadth "
        "first, remembering where you have been, until the goal is reached."
    ),
    "string_manipulation": (
        "Treat the input as text: take the letters, words or listed items one by one "
        "and sort, reverse, count, group, shift or rewrite them as asked."
    ),
    "symbolic_algebra": (
        "Treat it as algebra: write the expression or equation with symbols, and "
        "simplify, expand, factor, integrate or solve it exactly."
    ),
}
"""An instruction for a person or a language model; the keys name modules."""
