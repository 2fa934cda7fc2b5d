"""The comparison a verdict rests on, with embeddings made for the purpose."""

from datetime import UTC, datetime

import numpy as np

from pilotfish.trainers.dataset import Attempt, Dataset
from pilotfish.trainers.embedding import Embedded
from pilotfish.trainers.learn import compare

KINDS, APPROACHES, DIM = 6, 3, 32
READ_AT = datetime(2026, 1, 1, tzinfo=UTC)


def dataset(count: int) -> tuple[Dataset, list[int]]:
    """Each kind of problem is solved by one approach; returns the kinds as well."""
    rng = np.random.default_rng(1)
    kinds = [int(kind) for kind in rng.integers(0, KINDS, count)]
    tried = [int(approach) for approach in rng.integers(0, APPROACHES, count)]
    attempts = tuple(
        Attempt(f"a{n}", f"problem {n}", "", f"s{a}", float(k % APPROACHES == a))
        for n, (k, a) in enumerate(zip(kinds, tried, strict=True))
    )
    return Dataset({0: count - 1}, attempts, READ_AT), kinds


def embeddings(kinds: list[int], noise: float) -> Embedded:
    """Points around a centre for each kind, of length 1."""
    rng = np.random.default_rng(2)
    centres = rng.normal(size=(KINDS, DIM))
    centres /= np.linalg.norm(centres, axis=1, keepdims=True)
    points = centres[kinds] + noise * rng.normal(size=(len(kinds), DIM)) / DIM**0.5
    points /= np.linalg.norm(points, axis=1, keepdims=True)
    return Embedded(np.asarray(points, np.float32), words=0)


def test_an_encoder_that_tells_kinds_apart_beats_one_that_hardly_does() -> None:
    data, kinds = dataset(500)
    clear, blurred = embeddings(kinds, 0.1), embeddings(kinds, 4.0)
    verdict, numbers = compare(data, clear, blurred, 1, [])
    assert verdict.promoted, verdict
    assert numbers["candidate"]["accuracy"] > numbers["incumbent"]["accuracy"]


def test_a_worse_encoder_is_refused() -> None:
    data, kinds = dataset(500)
    clear, blurred = embeddings(kinds, 0.1), embeddings(kinds, 4.0)
    verdict, _ = compare(data, blurred, clear, 1, [])
    assert not verdict.promoted
    assert "no better" in verdict.reason
