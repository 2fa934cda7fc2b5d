"""Simulated votes of sources about a known truth, to measure label models on."""

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Bits = NDArray[np.int64]

COPIES = 0.8
"""Share of its votes that the second of a correlated pair takes from the first."""
SPEAKS_ALONE = 0.5
QUALITIES = {"weak": (0.55, 0.75), "median": (0.55, 0.95), "strong": (0.75, 0.95)}
BALANCES = (0.3, 0.5, 0.7)


class World(NamedTuple):
    """Parameters of a simulation; `explicit` is the share of explicit outcomes."""

    attempts: int
    sources: int
    quality: str
    pairs: int
    explicit: float


class Drawn(NamedTuple):
    """Truth (attempts,), votes (attempts, sources), explicit (attempts,); -1 for none."""

    truth: Bits
    votes: Bits
    explicit: Bits


def worlds() -> Iterator[World]:
    """Yield all worlds to measure."""
    for sources, quality, pairs, explicit in product(
        (3, 5, 10), QUALITIES, (0, 1), (0.0, 0.05, 0.1)
    ):
        yield World(2000, sources, quality, pairs * (sources // 3), explicit)


def draw(world: World, seed: int, truth: Bits | None = None) -> Drawn:
    """Draw sources with random accuracy and coverage, and their votes on `truth`."""
    rng = np.random.default_rng([seed, world.sources, world.pairs])
    accuracy = rng.uniform(*QUALITIES[world.quality], world.sources)
    coverage = rng.uniform(0.1, 1.0, world.sources)
    if truth is None:
        balance = BALANCES[seed % len(BALANCES)]
        truth = (rng.random(world.attempts) < balance).astype(np.int64)
    shape = len(truth), world.sources
    right, speaks = rng.random(shape) < accuracy, rng.random(shape) < coverage
    votes = np.where(right, truth[:, None], 1 - truth[:, None])
    for first in range(0, 2 * world.pairs, 2):
        copied = rng.random(len(truth)) < COPIES
        votes[copied, first + 1] = votes[copied, first]
        alone = rng.random(len(truth)) < SPEAKS_ALONE
        speaks[:, first + 1] = speaks[:, first] | (speaks[:, first + 1] & alone)
    explicit = np.where(rng.random(len(truth)) < world.explicit, truth, -1)
    return Drawn(truth, np.where(speaks, votes, -1), explicit)
