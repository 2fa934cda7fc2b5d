"""Estimates from another's log: right on average, and as sure as they say."""

import re
from dataclasses import replace
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from support.advice.worlds import world

from pilotfish.advisors.head import FastHead
from pilotfish.evaluation.outcomes import outcome_table
from pilotfish.evaluation.policies.pilotfish import FastAdvisor, LogAdvisor
from pilotfish.evaluation.policies.tallies import RandomChoice
from pilotfish.evaluation.protocols import offpolicy
from pilotfish.evaluation.protocols.bandit import Matrix, World
from pilotfish.evaluation.protocols.offpolicy import Estimates, estimates, true_value
from pilotfish.evaluation.protocols.propensity_log import PropensityLog, written_by
from pilotfish.schemas.attempt_log.reader import read_attempts

DATA = Path(__file__).parents[4] / "shared" / "data"
CHANCES = np.array([[0.8, 0.3, 0.5], [0.2, 0.7, 0.5]])
WRITES = np.array([[0.1, 0.3, 0.6], [0.6, 0.2, 0.2]])
TARGET = np.array([[0.9, 0.1, 0.0], [0.1, 0.8, 0.1]])
MODEL = CHANCES + np.array([[0.1, -0.1, 0.0], [0.0, 0.1, 0.1]])
"""Row i is about problems of kind i. The model is wrong, as models are."""
TRUTH = (TARGET * CHANCES).sum(1).mean()


def log_of(
    kinds: NDArray[np.int64],
    column: NDArray[np.int64],
    propensity: Matrix,
    reward: Matrix,
) -> PropensityLog:
    count = len(kinds)
    return PropensityLog(
        tuple(f"p{n}" for n in range(count)),
        tuple("ab"[kind] for kind in kinds),
        ("plan", "react", "search"),
        np.ones((count, 3), bool),
        np.arange(count),
        column,
        propensity,
        reward,
    )


def drawn(seed: int, problems: int = 400) -> tuple[PropensityLog, Matrix, Matrix]:
    """A log of one policy that is known, the target and the model, row by row."""
    rng = np.random.default_rng(seed)
    kinds = rng.integers(2, size=problems)
    column = (rng.random((problems, 1)) > WRITES[kinds].cumsum(1)).sum(1)
    reward = (rng.random(problems) < CHANCES[kinds, column]).astype(float)
    log = log_of(kinds, column, WRITES[kinds, column], reward)
    return log, TARGET[kinds], MODEL[kinds]


def estimated(log: PropensityLog, target: Matrix, expected: Matrix) -> Estimates:
    made = estimates(log, target, expected)
    assert made is not None
    return made


@pytest.fixture(scope="module")
def simulated() -> list[Estimates]:
    return [estimated(*drawn(seed)) for seed in range(400)]


@pytest.mark.parametrize("name", ["inverse", "self_normalised", "doubly_robust"])
def test_it_is_right_on_average_and_as_sure_as_it_says(
    simulated: list[Estimates], name: str
) -> None:
    estimates = [getattr(run, name) for run in simulated]
    values = np.array([each.value for each in estimates])
    noise = float(values.std()) / len(values) ** 0.5
    assert values.mean() == pytest.approx(TRUTH, abs=3 * noise)
    held = [each.ci95[0] < TRUTH < each.ci95[1] for each in estimates]
    assert 0.91 < np.mean(held) < 0.985


def test_a_model_that_knows_something_makes_it_surer(
    simulated: list[Estimates],
) -> None:
    inverse = np.std([run.inverse.value for run in simulated])
    robust = np.std([run.doubly_robust.value for run in simulated])
    assert robust < 0.8 * inverse


def test_propensities_that_lie_are_seen_in_the_inverse_estimate() -> None:
    log, target, model = drawn(0, 4000)
    lying = replace(log, propensity=np.full(len(log.row), 1 / 3))
    assert abs(estimated(log, target, model).inverse.value - TRUTH) < 0.05
    low, high = estimated(lying, target, model).inverse.ci95
    assert not low < TRUTH < high


def test_a_wrong_model_does_no_harm_and_a_right_one_heals_wrong_propensities() -> None:
    log, target, _ = drawn(0, 4000)
    wrong = estimated(log, target, np.zeros(target.shape)).doubly_robust
    assert wrong.value == pytest.approx(TRUTH, abs=0.05)
    lying = replace(log, propensity=np.full(len(log.row), 1 / 3))
    kinds = (np.asarray(log.kinds) == "b").astype(int)
    healed = estimated(lying, target, CHANCES[kinds]).doubly_robust
    assert healed.value == pytest.approx(TRUTH, abs=0.05)


SHARES = st.lists(st.floats(0.01, 1), min_size=20, max_size=20)


@given(SHARES, SHARES, SHARES)
def test_self_normalised_is_a_mean_of_rewards(
    propensity: list[float], wanted: list[float], reward: list[float]
) -> None:
    column = np.arange(20, dtype=np.int64) % 3
    target = np.zeros((20, 3))
    target[np.arange(20), column] = wanted
    got = np.array(reward)
    log = log_of(np.zeros(20, np.int64), column, np.array(propensity), got)
    value = estimated(log, target, target).self_normalised.value
    assert got.min() - 1e-9 <= value <= got.max() + 1e-9
    sure = estimated(replace(log, reward=np.ones(20)), target, target).self_normalised
    assert sure.value == pytest.approx(1)
    assert sure.ci95 == pytest.approx((1, 1), abs=1e-9)


def test_the_price_of_the_weights_is_on_record() -> None:
    log, target, model = drawn(1)
    own = estimated(replace(log, propensity=np.ones(400)), np.ones((400, 3)), model)
    assert (own.effective_size, own.largest_weight) == (400, 1)
    other = estimated(log, target, model)
    assert other.effective_size < 300 and other.largest_weight == pytest.approx(9)


def test_attempts_at_one_problem_do_not_count_as_independent() -> None:
    log, target, model = drawn(1)
    twice = {
        name: np.tile(getattr(log, name), 2)
        for name in ("row", "column", "propensity", "reward")
    }
    once, both = (
        estimated(log, target, model),
        estimated(replace(log, **twice), target, model),
    )
    assert both.doubly_robust.ci95 == pytest.approx(once.doubly_robust.ci95)


def test_of_what_the_log_never_does_it_says_nothing() -> None:
    log, _, model = drawn(1)
    other = np.eye(3)[(log.column + 1) % 3]
    assert estimates(log, other, model) is None


def test_a_table_tells_the_truth_and_the_estimates_are_near_it_on_average() -> None:
    made = world(100)
    target = np.eye(3)[np.zeros(100, int)]
    truth = true_value(target, made.table.outcomes)
    assert truth == made.table.outcomes[:, 0].mean()
    values = [
        estimated(
            written_by(RandomChoice, made, seed), target, target / 2
        ).inverse.value
        for seed in range(100)
    ]
    noise = float(np.std(values)) / 10
    assert np.mean(values) == pytest.approx(truth, abs=3 * noise)


def test_without_a_table_there_is_no_truth() -> None:
    made = world(60)
    log = written_by(RandomChoice, made, 0)
    lines = offpolicy.score(log, made.embeddings, lambda: LogAdvisor(FastHead(16)))
    assert {line.truth for line in lines.values()} == {None}


def test_a_real_log_of_the_advisor_scores_what_it_does_not_do_itself() -> None:
    table = outcome_table(read_attempts(DATA / "intercode_sql.jsonl.gz"))
    rows = np.zeros((len(table.problems), 64), np.float32)
    for row, problem in zip(rows, table.problems, strict=True):
        for word in re.findall(r"\w+", problem.lower()):
            row[crc32(word.encode()) % 64] += 1
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    log = written_by(lambda _: FastAdvisor(64), World(table, rows, table.outcomes), 0)
    lines = offpolicy.score(log, rows, lambda: LogAdvisor(FastHead(64)), table.outcomes)
    for name in ("always react", "greedy head"):
        line = lines[name]
        assert line.estimates is not None and line.truth is not None
        low, high = line.estimates.doubly_robust.ci95
        assert low < line.truth < high and high - low < 0.2
