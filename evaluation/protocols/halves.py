"""One log as two domains that have no problem type in common."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pilotfish.evaluation.outcomes import OutcomeTable
from pilotfish.evaluation.protocols.bandit import World
from pilotfish.schemas.errors import NothingToLearnError


def halves(world: World, seed: int) -> tuple[World, World]:
    """Split a world by problem types, dealt in random order to the smaller half so far.

    The halves differ by no more problems than the largest type has.

    Raises:
        NothingToLearnError: all problems are of one type.
    """
    sizes = Counter(world.table.kinds)
    if len(sizes) == 1:
        raise NothingToLearnError(
            "all problems are of one type: a log makes two domains only if its problem "
            "types can be dealt to them"
        )
    dealt: tuple[list[str], list[str]] = [], []
    for at in np.random.default_rng((seed, 5)).permutation(len(sizes)):
        kind = sorted(sizes)[int(at)]
        min(dealt, key=lambda half: sum(sizes[name] for name in half)).append(kind)
    first, second = (_of_kinds(world, half) for half in dealt)
    return first, second


def _of_kinds(world: World, kinds: Sequence[str]) -> World:
    table = world.table
    rows = np.flatnonzero(np.isin(table.kinds, kinds))
    part = OutcomeTable(
        tuple(table.problems[row] for row in rows),
        tuple(table.kinds[row] for row in rows),
        table.approaches,
        table.outcomes[rows],
        None if table.costs is None else table.costs[rows],
    )
    return replace(
        world,
        table=part,
        embeddings=world.embeddings[rows],
        labels=world.labels[rows],
        domains=(),
    )
