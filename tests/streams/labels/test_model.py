import json
import random
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotfish.streams.labels.model import READY_ATTEMPTS, WINDOW, LabelModel

names = st.sampled_from(["verifier", "judge", "thumbs", "exception"])
stories = st.lists(
    st.tuples(st.dictionaries(names, st.booleans()), st.none() | st.booleans()),
    max_size=80,
)


def attempts(
    accuracy: dict[str, float], number: int, seed: int = 0
) -> Iterator[tuple[dict[str, bool], bool]]:
    """Yield the votes of sources with these accuracies, and the truth."""
    order = random.Random(seed)
    for _ in range(number):
        truth = order.random() < 0.6
        votes = {
            name: truth == (order.random() < right) for name, right in accuracy.items()
        }
        yield votes, truth


def taught(accuracy: dict[str, float], number: int) -> LabelModel:
    model = LabelModel()
    for votes, _ in attempts(accuracy, number):
        model.learn(votes)
    return model


def test_accuracies_are_learned_without_known_outcomes() -> None:
    truth = {"verifier": 0.95, "tests": 0.85, "judge": 0.75, "thumbs": 0.6}
    model = taught(truth, 3000)
    for name, right in truth.items():
        assert model.accuracy(name) == pytest.approx(right, abs=0.06)
    assert model.p_success({"verifier": True, "judge": False, "thumbs": False}) > 0.5


def test_p_success_is_calibrated() -> None:
    sources = {"verifier": 0.9, "tests": 0.8, "judge": 0.7, "thumbs": 0.6}
    model = taught(sources, 2000)
    predictions = [
        (model.p_success(votes), truth) for votes, truth in attempts(sources, 4000, 1)
    ]
    for low in (0.0, 0.25, 0.5, 0.75):
        inside = [(p, truth) for p, truth in predictions if low <= p < low + 0.25]
        mean_p = sum(p for p, _ in inside) / len(inside)
        came_true = sum(truth for _, truth in inside) / len(inside)
        assert came_true == pytest.approx(mean_p, abs=0.08)


def test_until_the_model_is_ready_the_label_is_the_share_of_votes() -> None:
    model = LabelModel()
    assert model.label({"a": True, "b": True, "c": False}) == pytest.approx(2 / 3)


def test_two_sources_are_not_enough_without_known_outcomes() -> None:
    sources = {"judge": 0.8, "thumbs": 0.7}
    assert not taught(sources, 500).ready
    model = LabelModel()
    for votes, truth in attempts(sources, 2 * READY_ATTEMPTS):
        model.learn(votes, truth)
    assert model.ready


def test_a_source_worse_than_chance_is_believed_in_reverse() -> None:
    model = LabelModel()
    for votes, truth in attempts({"judge": 0.1, "thumbs": 0.7}, 500):
        model.learn(votes, truth)
    assert model.p_success({"judge": True}) < 0.3


def test_a_copy_does_not_count_twice() -> None:
    sources = {"judge": 0.65, "verifier": 0.9, "tests": 0.85, "thumbs": 0.7}
    alone, doubled = LabelModel(), LabelModel()
    for votes, _ in attempts(sources, 1500):
        alone.learn(votes)
        doubled.learn({**votes, "judge_again": votes["judge"]})
    p = alone.p_success({"judge": True, "verifier": False})
    both = {"judge": True, "judge_again": True, "verifier": False}
    assert doubled.mates["judge"] == "judge_again"
    assert doubled.p_success(both) == pytest.approx(p, abs=0.1)


def test_abstention_of_a_source_that_only_votes_failure_is_good_evidence() -> None:
    model, order = LabelModel(), random.Random(0)
    for votes, truth in attempts({"judge": 0.7, "tests": 0.8, "thumbs": 0.7}, 2000):
        raised = order.random() < (0.02 if truth else 0.6)
        model.learn({**votes, **({"exception": False} if raised else {})})
    assert model.p_success({"judge": True}) > 0.8
    assert model.p_success({"judge": True, "exception": False}) < 0.3


def test_a_source_that_changes_is_followed_if_some_outcomes_are_known() -> None:
    model = LabelModel()
    good, bad = ({"judge": right, "tests": 0.8, "thumbs": 0.75} for right in (0.9, 0.5))
    for sources in (good, bad):
        for number, (votes, truth) in enumerate(attempts(sources, 3 * WINDOW)):
            model.learn(votes, truth if number % 10 == 0 else None)
    assert model.accuracy("judge") == pytest.approx(0.5, abs=0.1)


@given(stories, st.integers(0, 80))
def test_a_model_restored_from_json_learns_the_same(
    story: list[tuple[dict[str, bool], bool | None]], cut: int
) -> None:
    model, other = LabelModel(), LabelModel()
    for votes, truth in story[:cut]:
        model.learn(votes, truth)
        other.learn(votes, truth)
    other = LabelModel.from_json(json.loads(json.dumps(other.to_json())))
    for votes, truth in story[cut:]:
        model.learn(votes, truth)
        other.learn(votes, truth)
    assert other == model
    for votes, _ in story:
        assert 0 < model.p_success(votes) < 1
        assert other.p_success(votes) == model.p_success(votes)


@given(stories, st.dictionaries(names, st.booleans(), min_size=1))
def test_contributions_add_up_to_p_success(
    story: list[tuple[dict[str, bool], bool | None]], votes: dict[str, bool]
) -> None:
    model = LabelModel()
    for learned, truth in story:
        model.learn(learned, truth)
    nothing = LabelModel(classes=model.classes, gain=model.gain).p_success({})
    log_odds = sum(weight for _, weight in model.contributions(votes))
    odds = nothing / (1 - nothing) * 2.718281828459045**log_odds
    assert model.p_success(votes) == pytest.approx(odds / (1 + odds), rel=1e-6)
