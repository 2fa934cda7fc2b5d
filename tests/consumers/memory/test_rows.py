import numpy as np
import pytest
from support.advice.labels import label

from pilotfish.consumers.memory.rows import newest, outcome, row
from pilotfish.schemas.forgotten import FORGOTTEN


def test_each_attempt_s_newest_label_with_a_problem_is_kept() -> None:
    first = label("t", "why?")
    revised = first.model_copy(update={"version": 3})
    other = label("t", "how?")
    elsewhere = first.model_copy(update={"tenant": "u"})
    older = first.model_copy(update={"version": 2})
    kept = newest([first, revised, older, other, label("t", " "), elsewhere])
    assert kept == [revised, other, elsewhere]


def test_an_attempt_withdrawn_by_its_last_label_is_not_kept() -> None:
    first, other = label("t", "why?"), label("t", "how?")
    changes = {"version": 2, "p_success": None, "abstained": FORGOTTEN}
    assert newest([first.model_copy(update=changes), other, first]) == [other]


@pytest.mark.parametrize(
    ("p_success", "abstained", "word"),
    [
        (0.5, "", "success"),
        (0.49, "", "failure"),
        (None, "timeout", "timeout"),
        (None, "", "unknown"),
    ],
)
def test_an_outcome_is_a_word(
    p_success: float | None, abstained: str, word: str
) -> None:
    made = label("t", "why?", p_success=p_success, abstained=abstained)
    assert outcome(made) == word


def test_equal_problems_have_vectors_that_are_not_quite_equal() -> None:
    vector = np.eye(1, 384, dtype=np.float32)[0]
    first, other = label("t", "why?"), label("t", "why?")
    vectors = [
        np.array(row(each, "e", vector, "").embedding) for each in (first, first, other)
    ]
    assert np.array_equal(vectors[0], vectors[1])
    assert 0.9999 < vectors[0] @ vectors[2] < 1.0
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(np.ones(3))
