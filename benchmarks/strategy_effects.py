"""Effects of strategies on a public log, and what is called helpful by luck."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from strategy_logs import Named
from tables import table

from pilotfish.strategies.effects import (
    Attempts,
    Effect,
    effects,
    foretelling,
    helpful,
)

SHUFFLES = 20
FURTHER = 100
"""Shuffles that show whether the first ones were lucky."""


def measured(log: Named) -> dict[str, Any]:
    """Return each strategy's effect, and how many help if outcomes are shuffled."""
    attempts = _attempts(log)
    present = {
        name: np.array([s == name for s in log.strategies]) for name in log.lines
    }
    own = effects(attempts, present)
    kinds = np.array([attempt.problem_type for attempt in log.attempts])
    retained = []
    for seed in range(SHUFFLES + FURTHER):
        order = np.random.default_rng(seed).permutation(len(kinds))
        shuffled = replace(attempts, p_success=attempts.p_success[order])
        retained.append(len(helpful(_by_kind(shuffled, present, kinds))))
    return {
        "effects": {name: _rounded(effect) for name, effect in own.items()},
        "helpful": sorted(helpful(own)),
        "compared": len(_by_kind(attempts, present, kinds)),
        "helpful_by_kind": len(helpful(_by_kind(attempts, present, kinds))),
        "shuffles": SHUFFLES,
        "retained_if_shuffled": sum(retained[:SHUFFLES]),
        "further": FURTHER,
        "retained_if_shuffled_further": sum(retained[SHUFFLES:]),
    }


def _by_kind(
    attempts: Attempts,
    present: dict[str, NDArray[np.bool_]],
    kinds: NDArray[np.str_],
) -> dict[str, Effect]:
    """Return the effects within each kind of problems."""
    result: dict[str, Effect] = {}
    for kind in sorted(set(kinds.tolist())):
        of_kind = kinds == kind
        part = Attempts(
            attempts.p_success[of_kind],
            attempts.foretold[of_kind],
            attempts.problems[of_kind],
        )
        flags = {name: each[of_kind] for name, each in present.items()}
        result |= {f"{kind}/{n}": e for n, e in effects(part, flags).items()}
    return result


def _attempts(log: Named) -> Attempts:
    place = {problem: row for row, problem in enumerate(log.embeddings)}
    vectors = np.stack(list(log.embeddings.values())).astype(np.float64)
    reduced = foretelling(vectors)
    rows = np.array([place[attempt.problem] for attempt in log.attempts])
    success = np.array([float(attempt.success or 0) for attempt in log.attempts])
    return Attempts(success, reduced[rows], rows)


def _rounded(effect: Effect) -> dict[str, float]:
    return {name: round(value, 6) for name, value in effect._asdict().items()}


def page(part: Mapping[str, Any]) -> str:
    """Return the part of the page."""
    rows = [
        (
            f"`{name}`",
            f"{effect['difference']:+.3f} ({effect['low']:+.3f} to {effect['high']:+.3f})",
            f"{effect['attempts']:,}",
            "yes" if name in part["helpful"] else "no",
        )
        for name, effect in part["effects"].items()
    ]
    return (
        "## Effects on intercode_sql\n\nAgainst all other strategies, adjusted for the "
        f"problem's text. Within the {part['compared']} pairs of strategy and database, "
        f"{part['helpful_by_kind']} are helpful; if outcomes are shuffled, "
        f"{part['retained_if_shuffled']} in all {part['shuffles']} seeds together, and "
        f"{part['retained_if_shuffled_further']} in {part['further']} further ones.\n\n"
        + table(("strategy", "effect, 95 %", "attempts", "helpful"), rows)
    )
