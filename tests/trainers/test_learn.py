"""The comparison a verdict rests on, with embeddings made for the purpose."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np

from pilotfish.trainers.dataset import Attempt, Dataset
from pilotfish.trainers.embedding import Embedded
from pilotfish.trainers.learn import compare, material, not_held_out

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


def test_what_is_not_worth_learning_is_in_no_lesson_and_taught_to_no_head() -> None:
    data, kinds = dataset(500)
    clear, blurred = embeddings(kinds, 0.1), embeddings(kinds, 4.0)
    odd = [replace(one, worth=n % 2 == 1) for n, one in enumerate(data.attempts)]
    sifted = replace(data, attempts=tuple(odd))
    given = material(sifted, clear.rows)
    learned = [*given.train.attempts, *given.validation.attempts]
    assert {one.attempt_id for one in learned} == {
        f"a{n}" for n in not_held_out(data) if n % 2 == 1
    }
    assert list(given.spelled) == learned
    told = [replace(one, p_success=1 - one.p_success) for one in odd]
    taught = set(not_held_out(data))
    poisoned = [
        told[n] if n in taught and not one.worth else one for n, one in enumerate(odd)
    ]
    lied_to = replace(data, attempts=tuple(poisoned))
    assert compare(sifted, clear, blurred) == compare(lied_to, clear, blurred)


def test_a_worse_encoder_is_refused() -> None:
    data, kinds = dataset(500)
    clear, blurred = embeddings(kinds, 0.1), embeddings(kinds, 4.0)
    verdict, _ = compare(data, blurred, clear, 1, [])
    assert not verdict.promoted
    assert "no better" in verdict.reason
