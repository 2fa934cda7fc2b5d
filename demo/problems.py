"""Real problems for the demo, drawn from reasoning_gym's families at random.

Each family judges an answer with its own verifier. The solvers see only `Problem.text`.
"""

import random
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

with warnings.catch_warnings():
    # cellpylib, which it imports, compares with literals by `is`.
    warnings.simplefilter("ignore", SyntaxWarning)
    import reasoning_gym

FAMILIES: Mapping[str, Mapping[str, object]] = {
    # arithmetic
    "basic_arithmetic": {"max_terms": 5, "max_digits": 3},
    "decimal_arithmetic": {"max_terms": 4},
    "complex_arithmetic": {},
    "chain_sum": {},
    "products": {},
    "bitwise_arithmetic": {},
    "base_conversion": {},
    "fraction_simplification": {},
    "gcd": {},
    "lcm": {},
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
    "countdown": {},
    "quantum_lock": {"difficulty": 4},
    "rush_hour": {},
    "tower_of_hanoi": {"max_disks": 5, "max_pegs": 3},
    "course_schedule": {},
    "rotten_oranges": {"min_n": 5, "max_n": 9},
    "binary_matrix": {},
    "largest_island": {},
    # strings
    "ab": {},
    "caesar_cipher": {},
    "spell_backward": {},
    "word_sorting": {},
    "word_sequence_reversal": {},
    "letter_counting": {},
    "isomorphic_strings": {},
    "ransom_note": {},
    "string_insertion": {},
    "group_anagrams": {"max_anagram_groups": 4},
    "palindrome_generation": {"max_length": 8},
    "palindrome_partitioning": {"max_string_len": 10},
    "number_filtering": {},
    "number_sorting": {},
}
"""Families, with parameters that keep problems solvable within a second."""
NOVEL_SHARE = 0.25
"""Share of the families held back until the last third of the attempts."""
_RIGHT = 0.99
"""Verifiers score from 0 to 1, some with partial credit; less than full is wrong."""


@dataclass(frozen=True, slots=True)
class Problem:
    """A problem; those of `novel` families do not occur before the last third."""

    text: str
    family: str
    novel: bool
    verify: Callable[[str], bool]


def draw_problems(attempts: int, seed: int) -> Iterator[Problem]:
    """Yield this many problems, each of a family drawn at random.

    A family is prepared when it is first drawn; a problem takes milliseconds.
    """
    rng = random.Random(f"problems/{seed}")  # noqa: S311 - an experiment, no secret
    novel = novel_families(seed)
    early_families = sorted(FAMILIES.keys() - novel)
    problems: dict[str, Iterator[Problem]] = {}
    for number in range(attempts):
        late = number >= attempts * 2 // 3
        family = rng.choice(sorted(FAMILIES) if late else early_families)
        if family not in problems:
            is_novel = family in novel
            problems[family] = problems_of(family, attempts, seed, novel=is_novel)
        yield next(problems[family])


def novel_families(seed: int) -> frozenset[str]:
    """Return the families that are held back, drawn at random."""
    rng = random.Random(f"novel/{seed}")  # noqa: S311 - an experiment, no secret
    drawn = rng.sample(sorted(FAMILIES), round(len(FAMILIES) * NOVEL_SHARE))
    return frozenset(drawn)


def problems_of(
    family: str, size: int, seed: int, *, novel: bool = False
) -> Iterator[Problem]:
    """Yield `size` problems of one family; the same seed yields the same problems."""
    dataset = reasoning_gym.create_dataset(
        family, size=size, seed=seed, **FAMILIES[family]
    )
    for index in range(size):
        entry = dataset[index]
        yield Problem(entry["question"], family, novel, partial(_right, dataset, entry))


def _right(dataset: Any, entry: Mapping[str, Any], answer: str) -> bool:
    try:
        return float(dataset.score_answer(answer, entry)) >= _RIGHT
    except Exception:  # noqa: BLE001 - some verifiers raise on malformed answers
        return False
