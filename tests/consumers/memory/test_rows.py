import pytest
from advice.labels import label

from pilotfish.consumers.memory.rows import newest, outcome
from pilotfish.schemas.forgotten import FORGOTTEN


def test_of_each_attempt_the_newest_label_with_a_problem_is_kept() -> None:
    one = label("t", "why?")
    revised = one.model_copy(update={"version": 3})
    other = label("t", "how?")
    elsewhere = one.model_copy(update={"tenant": "u"})
    older = one.model_copy(update={"version": 2})
    kept = newest([one, revised, older, other, label("t", " "), elsewhere])
    assert kept == [revised, other, elsewhere]


def test_what_its_last_label_takes_back_is_not_kept() -> None:
    one, other = label("t", "why?"), label("t", "how?")
    changes = {"version": 2, "p_success": None, "abstained": FORGOTTEN}
    assert newest([one.model_copy(update=changes), other, one]) == [other]


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
