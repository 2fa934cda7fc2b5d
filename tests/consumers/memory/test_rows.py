import pytest
from support.advice.labels import label

from pilotfish.consumers.memory.rows import newest, outcome
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
