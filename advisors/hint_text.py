"""The sentence for the prompt.

Made of what this very request brought (names and instructions of its approaches) and of
counts. Nothing from the problem or from other attempts gets in: a text that an agent
reads as advice must not be written by strangers.
"""

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

from pilotfish.advisors.records import Record

MOST: Final = 400
"""Characters of a hint; the instruction is cut to the room that the rest leaves."""
ENOUGH: Final = 5
"""Attempts from which counts say more than a percentage, and a failing approach is named."""
POOR: Final = 0.5
"""Share of the chosen approach's success below which another one is to be avoided."""

_WORDS: Final = re.compile(r"\w[\w.:/+-]*( [\w.:/+-]+){0,3}")
_MAX_TYPE: Final = 40
"""A problem type is a label; a longer one may be prose, and is left out."""
_MAX_NAME: Final = 60


def hint_text(
    approach: str,
    instruction: str,
    problem_type: str,
    p_success: float,
    records: Mapping[str, Record],
    *,
    imported: bool = False,
) -> str:
    """Return one line: what to try, how, why, and what to avoid.

    `records` tell how the request's approaches did on this kind of problem. `imported`:
    the chance comes from another tenant's attempts, too.
    """
    kind = (
        f'This looks like a "{problem_type}" problem; '
        if _is_label(problem_type)
        else ""
    )
    what = f"{'try' if kind else 'Try'} approach {_quoted(approach)}"
    evidence = _evidence(approach, p_success, records, imported=imported)
    why = f" ({evidence}){_avoided(approach, records)}."
    room = MOST - len(kind) - len(what) - len(why) - len(": ")
    how = _cut(one_line(instruction).rstrip("."), room)
    return f"{kind}{what}: {how}{why}" if how else f"{kind}{what}{why}"


def one_line(text: str) -> str:
    """Return the text without control and format characters, on one line."""
    kept = (" " if unicodedata.category(c)[0] in "CZ" else c for c in text)
    return " ".join("".join(kept).split())


def _evidence(
    approach: str, p_success: float, records: Mapping[str, Record], *, imported: bool
) -> str:
    own, others = records.get(approach, Record()), Record()
    for name, record in records.items():
        if name != approach:
            others = others.plus(record)
    if own.attempts < ENOUGH:
        foretold = f"expected to succeed in {round(100 * p_success)} %"
        return f"{foretold}, going by imported attempts" if imported else foretold
    worked = f"worked in {_counts(own)} similar attempts"
    return f"{worked}, others in {_counts(others)}" if others.attempts else worked


def _avoided(approach: str, records: Mapping[str, Record]) -> str:
    """Name the approach that fails most, if it does much worse than the chosen one."""
    tried = {n: r for n, r in records.items() if n != approach and r.attempts >= ENOUGH}
    worst = min(tried, key=lambda name: (tried[name].share, name), default=None)
    own = records.get(approach, Record())
    if worst is None or own.attempts < ENOUGH:
        return ""
    if tried[worst].share >= POOR * own.share:
        return ""
    return f"; avoid {_quoted(worst)} ({_counts(tried[worst])})"


def _counts(record: Record) -> str:
    return f"{round(record.successes)} of {record.attempts}"


def _quoted(name: str) -> str:
    return f'"{_cut(one_line(name), _MAX_NAME)}"'


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _is_label(problem_type: str) -> bool:
    fits = len(problem_type) <= _MAX_TYPE
    return fits and _WORDS.fullmatch(problem_type) is not None
