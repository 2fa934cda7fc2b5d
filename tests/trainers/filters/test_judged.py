"""Judging labels by held-out predictions of a head that also sees attempts' conduct."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from support.advice.worlds import attempts, rows, world

from pilotfish.trainers.filters.judged import judged, predicted_by_others, suspect


@pytest.mark.parametrize("flipped", [0.2, 0.4])
def test_most_wrong_labels_are_dropped_and_most_right_ones_kept(flipped: float) -> None:
    made = world(200)
    labels = np.array([each.p_success for each in attempts(made, flipped)])
    wrong = labels != made.table.outcomes.ravel()
    kept = judged(attempts(made, flipped), rows(made))
    assert kept[wrong].mean() < 0.35
    assert kept[~wrong].mean() > 0.65


def test_right_labels_are_kept() -> None:
    made = world(200)
    assert judged(attempts(made, 0.0), rows(made)).mean() > 0.85


def test_an_attempt_does_not_predict_itself() -> None:
    made = world(60)
    labelled = attempts(made, 0.0)
    other = [replace(labelled[0], p_success=1 - labelled[0].p_success), *labelled[1:]]
    before, after = (
        predicted_by_others(labelled, rows(made)),
        predicted_by_others(other, rows(made)),
    )
    assert before[0] == after[0]
    assert (before != after).any()


def test_nothing_is_suspect_if_all_attempts_ended_the_same_way() -> None:
    made = world(60)
    successes = [replace(each, p_success=1.0) for each in attempts(made, 0.0)]
    assert judged(successes, rows(made)).all()


def test_a_label_is_suspect_if_the_other_outcome_is_predicted_with_confidence() -> None:
    success = np.array([True, True, True, False, False, False])
    predicted = np.array([0.9, 0.8, 0.1, 0.1, 0.2, 0.9])
    expected = [False, False, True, False, False, True]
    assert suspect(predicted, success).tolist() == expected


chances = arrays(np.float64, 20, elements=st.floats(0.01, 0.99))
labels = arrays(np.bool_, 20)


@given(chances, labels)
def test_outcomes_are_treated_equally_and_both_are_left(
    predicted: np.ndarray[tuple[int], np.dtype[np.float64]],
    success: np.ndarray[tuple[int], np.dtype[np.bool_]],
) -> None:
    wrong = suspect(predicted, success)
    assert set(success[~wrong]) == set(success)
    mirrored = suspect(1 - predicted, ~success)
    # Where both are equally confident, rounding decides.
    assert (wrong != mirrored).sum() <= 1
