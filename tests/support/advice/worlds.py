"""Made-up logs whose best choices are given."""

import numpy as np

from pilotfish.advisors.encoder import Embeddings
from pilotfish.evaluation.outcomes import OutcomeTable
from pilotfish.evaluation.protocols.bandit import World
from pilotfish.trainers.dataset import Attempt

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


def attempts(world: World, flipped: float, seed: int = 2) -> list[Attempt]:
    """Everything tried on everything, row by row; this share of the labels is wrong.

    Successes mostly go well, failures badly.
    """
    rng = np.random.default_rng(seed)
    made = []
    for (row, column), success in np.ndenumerate(world.table.outcomes):
        well = success if rng.random() < 0.9 else 1 - success
        label = 1 - success if rng.random() < flipped else success
        problem, kind = world.table.problems[row], world.table.kinds[row]
        how = 0.3 + 0.7 * float(well)
        number = f"{row}-{column}"
        made.append(
            Attempt(number, problem, kind, APPROACHES[column], label, conduct=how)
        )
    return made


def rows(world: World) -> Embeddings:
    """Return the embeddings of `attempts`."""
    return np.repeat(world.embeddings, len(APPROACHES), axis=0)
