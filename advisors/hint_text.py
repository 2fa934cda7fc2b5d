"""The sentence for the prompt.

Made of what this very request brought (names and instructions of its approaches) and of
a percentage. Nothing from the problem or from other attempts gets in: a text that an
agent reads as advice must not be written by strangers.
"""

import re
import unicodedata
from typing import Final

_WORDS: Final = re.compile(r"\w[\w.:/+-]*( [\w.:/+-]+){0,3}")
_MAX_TYPE: Final = 40
"""A problem type is a label; what is longer may be somebody's prose, and is left out."""


def hint_text(
    approach: str, instruction: str, problem_type: str, p_success: float
) -> str:
    """Return one line: what to try, how, and what to expect of it."""
    what = f'approach "{one_line(approach)}"'
    how = one_line(instruction).rstrip(".")
    advice = f"try {what}: {how}" if how else f"try {what}"
    expected = f"(expected to succeed in {round(100 * p_success)} %)."
    if _is_label(problem_type):
        return f'This looks like a "{problem_type}" problem; {advice} {expected}'
    return f"{advice[0].upper()}{advice[1:]} {expected}"


def one_line(text: str) -> str:
    """Return the text without control and format characters, on one line."""
    kept = (" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    return " ".join("".join(kept).split())


def _is_label(problem_type: str) -> bool:
    fits = len(problem_type) <= _MAX_TYPE
    return fits and _WORDS.fullmatch(problem_type) is not None
