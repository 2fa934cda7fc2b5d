"""What a log teaches: nothing that is said of a problem was learned from it."""

from dataclasses import replace

import numpy as np
import pytest
from support.advice.worlds import APPROACHES, world

from pilotfish.advisors.head import FastHead
from pilotfish.evaluation.policies.pilotfish import LogAdvisor
from pilotfish.evaluation.policies.tallies import RandomChoice
from pilotfish.evaluation.protocols.bandit import Matrix, World
from pilotfish.evaluation.protocols.learned import predicted, targets
from pilotfish.evaluation.protocols.propensity_log import PropensityLog, written_by


def advisor() -> LogAdvisor:
    return LogAdvisor(FastHead(16))


@pytest.fixture(scope="module")
def made() -> World:
    return world(300)


@pytest.fixture(scope="module")
def log(made: World) -> PropensityLog:
    return written_by(RandomChoice, made, 0)


@pytest.fixture(scope="module")
def expected(made: World, log: PropensityLog) -> Matrix:
    return predicted(log, made.embeddings, advisor)


def test_a_problem_is_predicted_from_others_only(
    made: World, log: PropensityLog, expected: Matrix
) -> None:
    reward = log.reward.copy()
    reward[5] = 1 - reward[5]
    other = predicted(replace(log, reward=reward), made.embeddings, advisor)
    changed = (other != expected).any(1)
    assert not changed[log.row[5]] and changed.mean() > 0.5


def test_the_same_text_in_other_letters_is_the_same_problem(
    made: World, log: PropensityLog
) -> None:
    at = int(log.row[5])
    twin = (at + 1) % 300
    problems = list(log.problems)
    problems[twin] = problems[at].upper() + " "
    same = replace(log, problems=tuple(problems))
    lie = replace(same, reward=np.where(log.row == at, 1 - log.reward, log.reward))
    both = [predicted(each, made.embeddings, advisor)[twin] for each in (same, lie)]
    assert (both[0] == both[1]).all()


def test_what_is_predicted_tells_the_kinds_apart(made: World, expected: Matrix) -> None:
    kinds = np.asarray(made.table.kinds) == "b"
    assert (expected[kinds].argmax(1) == 1).mean() > 0.95
    assert (expected[~kinds].argmax(1) == 0).mean() > 0.95


def test_every_policy_chooses_among_what_is_offered(
    log: PropensityLog, expected: Matrix
) -> None:
    offered = log.offered.copy()
    offered[::3, 0] = False
    offered[log.row, log.column] = True
    some = targets(replace(log, offered=offered), expected)
    assert set(some) == {
        *(f"always {name}" for name in APPROACHES),
        *("even choice", "best per type", "greedy head"),
    }
    for target in some.values():
        assert target.sum(1) == pytest.approx(1)
        assert not target[~offered].any()


def test_an_approach_is_taken_always_where_it_is_offered(
    log: PropensityLog, expected: Matrix
) -> None:
    offered = log.offered.copy()
    offered[0, 0] = False
    always = targets(replace(log, offered=offered), expected)["always plan"]
    assert always[0].tolist() == [0, 0.5, 0.5]
    assert (always[1:] == [1, 0, 0]).all()


@pytest.mark.parametrize("name", ["best per type", "greedy head"])
def test_policies_learn_the_kinds(
    made: World, log: PropensityLog, expected: Matrix, name: str
) -> None:
    kinds = np.asarray(made.table.kinds) == "b"
    target = targets(log, expected)[name]
    assert target[kinds, 1].mean() > 0.95 and target[~kinds, 0].mean() > 0.95


def test_the_best_of_a_type_is_learned_from_other_problems(
    log: PropensityLog, expected: Matrix
) -> None:
    alone = replace(log, kinds=tuple(f"k{n}" for n in range(300)))
    assert (targets(alone, expected)["best per type"][:, 0] == 1).all()
