"""Real problems for the demo, drawn from reasoning_gym's families at random.

Each family judges an answer with its own verifier. The solvers see only `Problem.text`.
"""

from collections.abc import Mapping

FAMILIES: Mapping[str, Mapping[str, object]] = {
    # arithmetic
    "basic_arithmetic": {"max_terms": 5, "max_digits": 3},
    "decimal_arithmetic": {"max_terms": 4},
    "complex_arithmetic": {},
    "base_conversion": {},
    "fraction_simplification": {},
    "gcd": {},
    "prime_factorization": {},
    "count_primes": {"max_n": 3000},
    "calendar_arithmetic": {},
    # chances
    "coin_flip": {"max_trials": 12},
    "dice": {"num_dice": 3, "max_dice_size": 15},
    # algebra
    "simple_equations": {},
    "polynomial_equations": {"max_degree": 2},
    "polynomial_multiplication": {"max_terms": 3},
    "simple_integration": {},
    # logic
    "knights_knaves": {},
    "propositional_logic": {},
    "syllogism": {},
    "self_reference": {},
    # constraint puzzles
    "mini_sudoku": {},
    "sudoku": {"min_empty": 25, "max_empty": 40},
    "n_queens": {"n": 6, "max_remove": 5},
    "futoshiki": {"min_board_size": 4, "max_board_size": 5, "max_difficulty": 1},
    "survo": {},
    "cryptarithm": {"max_words": 2},
    "graph_color": {"min_num_vertices": 6, "max_num_vertices": 8},
    # search and graphs
    "jugs": {"difficulty": 5},
    "maze": {},
    "shortest_path": {},
    "path_star": {},
    "puzzle24": {},
    "quantum_lock": {"difficulty": 4},
    "tower_of_hanoi": {"max_disks": 5, "max_pegs": 3},
    "course_schedule": {},
    "rotten_oranges": {"min_n": 5, "max_n": 9},
    "largest_island": {},
    # strings
    "caesar_cipher": {},
    "spell_backward": {},
    "word_sorting": {},
    "letter_counting": {},
    "group_anagrams": {"max_anagram_groups": 4},
    "palindrome_generation": {"max_length": 8},
    "palindrome_partitioning": {"max_string_len": 10},
    "number_sorting": {},
}
"""Families and how they are made small: a general solver has a second for each."""
