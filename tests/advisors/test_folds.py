from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from pilotfish.advisors.folds import dealt


@given(st.text(), st.integers(1, 20))
def test_a_text_is_always_dealt_into_the_same_fold(text: str, folds: int) -> None:
    assert 0 <= dealt("test", text, folds) < folds
    assert dealt("test", text, folds) == dealt("test", text, folds)


def test_folds_are_of_about_one_size_and_differ_by_purpose() -> None:
    texts = list(map(str, range(1000)))
    sizes = Counter(dealt("test", text, 5) for text in texts)
    assert sizes.keys() == set(range(5)) and min(sizes.values()) > 150
    assert [dealt("test", t, 5) for t in texts] != [dealt("other", t, 5) for t in texts]
