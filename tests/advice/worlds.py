"""Made-up logs of which the best choice is known."""

import numpy as np

from pilotfish.trainers.outcomes import OutcomeTable
from pilotfish.trainers.protocols.bandit import World

APPROACHES = ("plan", "react", "search")


def world(problems: int, seed: int = 1, dim: int = 16) -> World:
    """Two kinds of problems: `plan` solves one of them, `react` the other."""
    rng = np.random.default_rng(seed)
    kinds = rng.integers(2, size=problems)
    rows = np.eye(dim)[kinds] + 0.3 * rng.normal(size=(problems, dim)) / dim**0.5
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    chances = np.where(np.arange(3) == kinds[:, None], 0.9, 0.1)
    outcomes = (rng.random(chances.shape) < chances).astype(float)
    table = OutcomeTable(
        tuple(f"{'sort' if kind else 'add'} {n}" for n, kind in enumerate(kinds)),
        tuple("ab"[kind] for kind in kinds),
        APPROACHES,
        outcomes,
    )
    return World(table, rows.astype(np.float32), outcomes)
