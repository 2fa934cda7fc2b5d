"""What each approach does, as its code says it: all its moves in order.

`note` in the approaches' modules says them one by one; a test compares. An approach looks for
one thing after another in a text, and then works on what it has found, so that of one
problem only some of these moves are made.
"""

from collections.abc import Mapping
from typing import Final

MOVES: Final[Mapping[str, tuple[str, ...]]] = {
    "constraint_programming": (
        "list_unknowns",
        "state_constraints",
        "rule_out_values",
    ),
    "direct_evaluation": (
        "read_dates",
        "apply_calendar",
        "read_digits",
        "convert_digits",
        "read_chances",
        "apply_formula",
        "read_complex_numbers",
        "read_fraction",
        "read_numbers",
        "divide_out",
        "read_expression",
        "calculate_in_order",
    ),
    "dynamic_programming": (
        "read_grid",
        "read_discs",
        "split_into_smaller",
        "read_edges",
        "read_numbers",
        "read_chances",
        "read_string",
        "fill_table",
        "read_off_table",
    ),
    "enumeration": (
        "read_premises",
        "list_unknowns",
        "name_start_and_goal",
        "read_numbers",
        "read_chances",
        "read_fraction",
        "read_letters",
        "read_string",
        "read_cipher",
        "list_candidates",
        "check_each",
    ),
    "smt": (
        "read_premises",
        "negate_conclusion",
        "list_unknowns",
        "read_equation",
        "write_formulas",
        "satisfy_formulas",
    ),
    "state_search": (
        "name_start_and_goal",
        "read_grid",
        "expand_states",
        "read_edges",
        "follow_edges",
        "read_numbers",
        "combine_numbers",
    ),
    "string_manipulation": (
        "read_words",
        "sort_letters",
        "read_letters",
        "read_cipher",
        "count_letters",
        "shift_letters",
        "match_letters",
        "read_rules",
        "rewrite",
        "filter",
        "sort",
        "reverse",
    ),
    "symbolic_algebra": (
        "read_integral",
        "integrate",
        "read_fraction",
        "read_complex_numbers",
        "read_equation",
        "find_roots",
        "read_numbers",
        "divide_out",
        "read_polynomial",
        "read_expression",
        "write_with_symbols",
        "simplify",
    ),
}
