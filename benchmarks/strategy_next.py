"""Advice in the middle of an attempt, on a public log: what it says, and what by luck.

It is learned from the attempts at one half of the problems, and looked at on the other half,
where nobody got it: so what is compared is who made the move anyway with who did not.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from strategy_logs import Named
from tables import table

from pilotfish.advisors.next_choice import ENOUGH, next_move
from pilotfish.advisors.next_moves import NextMoves
from pilotfish.advisors.records import Record
from pilotfish.strategies.instructions import name_of
from pilotfish.strategies.patterns import Pattern

SHUFFLES = 100

Place = tuple[str, Pattern]
"""A kind of problem, and a beginning."""
Rows = Sequence[int] | NDArray[np.int64]


def measured(log: Named) -> dict[str, Any]:
    """Return what is advised, how that went elsewhere, and what chance would advise."""
    problems = sorted({attempt.problem for attempt in log.attempts})
    rng = np.random.default_rng(0)
    learned = set(rng.permutation(problems)[: len(problems) // 2].tolist())
    rows = range(len(log.attempts))
    first = [row for row in rows if log.attempts[row].problem in learned]
    success = np.array([float(attempt.success or 0) for attempt in log.attempts])
    other = _counted(log, success, sorted(set(rows) - set(first)))
    advised = _advised(_counted(log, success, first))
    by_luck = []
    for _ in range(SHUFFLES):
        shuffled = success.copy()
        shuffled[first] = rng.permutation(success[first])
        by_luck.append(len(_advised(_counted(log, shuffled, first))))
    own, others = _elsewhere(other, advised)
    return {
        "compared": len(_places(_counted(log, success, first))),
        "advised": len(advised),
        "moves": _by_move(advised),
        "shuffles": SHUFFLES,
        "advised_if_shuffled": sum(by_luck),
        "elsewhere": [own.attempts, round(own.share, 4)],
        "elsewhere_otherwise": [others.attempts, round(others.share, 4)],
    }


def _counted(log: Named, success: NDArray[np.float64], rows: Rows) -> NextMoves:
    counted = NextMoves()
    for row in rows:
        kind = log.attempts[row].problem_type
        counted.count(kind, log.patterns[row], float(success[row]))
    return counted


def _places(counted: NextMoves) -> set[Place]:
    """Return where enough attempts began so that two ways to go on could be compared."""
    places = {(kind, beginning) for kind, beginning, *_ in counted.entries}
    return {
        (kind, beginning)
        for kind, beginning in places
        if sum(r.attempts for r in counted.after(kind, beginning).values())
        >= 2 * ENOUGH
    }


def _advised(counted: NextMoves) -> dict[Place, str]:
    chosen = {
        place: next_move(*place, counted.after(*place)).chosen
        for place in _places(counted)
    }
    return {place: move for place, move in chosen.items() if move}


def _elsewhere(
    counted: NextMoves, advised: Mapping[Place, str]
) -> tuple[Record, Record]:
    """Return those who made the advised moves without advice, and those who did not."""
    own, others = Record(), Record()
    for place, move in advised.items():
        for made, record in counted.after(*place).items():
            if made == move:
                own = own.plus(record)
            else:
                others = others.plus(record)
    return own, others


def _by_move(advised: Mapping[Place, str]) -> list[tuple[str, str, int]]:
    pairs = [(name_of(beginning), move) for (_, beginning), move in advised.items()]
    counts = {pair: pairs.count(pair) for pair in set(pairs)}
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [(*pair, number) for pair, number in ordered]


def page(part: Mapping[str, Any]) -> str:
    """Return the part of the page."""
    rows = [
        (f"`{begun}`" if begun else "nothing", f"`{move}`", str(number))
        for begun, move, number in part["moves"]
    ]
    (own, share), (others, other_share) = part["elsewhere"], part["elsewhere_otherwise"]
    by_luck = part["advised_if_shuffled"] / part["shuffles"]
    return (
        "## In the middle of an attempt, on intercode_sql\n\nOf the "
        f"{part['compared']} pairs of database and beginning with {2 * ENOUGH} attempts, "
        f"{part['advised']} get advice, learned at half of the problems; if outcomes are "
        f"shuffled, {by_luck:.2f} (mean of {part['shuffles']} shuffles). At the other half "
        f"nobody was advised: of the {own} attempts that made these moves anyway "
        f"{share:.1%} succeeded, of the {others} that did not {other_share:.1%}. That is no "
        "effect of advice.\n\n" + table(("so far", "advised next", "databases"), rows)
    )
