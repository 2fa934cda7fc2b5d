import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotfish.advisors.learned_labels import Learned, LearnedLabels
from pilotfish.schemas.errors import BundleError

ENTRIES = st.builds(
    Learned,
    st.integers(1, 9),
    st.none() | st.floats(0, 1),
    st.text(max_size=5),
    st.text(max_size=5),
)


@given(st.dictionaries(st.text(min_size=1, max_size=5), ENTRIES, max_size=20))
def test_bytes_give_back_the_same_entries(entries: dict[str, Learned]) -> None:
    learned_labels = LearnedLabels(entries.items())
    again = LearnedLabels.from_bytes(learned_labels.to_bytes())
    assert {key: again.get(key) for key in entries} == entries
    assert len(again) == len(entries)


def test_the_oldest_attempts_are_forgotten_first() -> None:
    learned_labels = LearnedLabels(most=2)
    learned = Learned(1, 1.0, "", "plan")
    for attempt_id in ("a", "b", "a", "c"):
        learned_labels.put(attempt_id, learned)
    assert learned_labels.get("b") is None
    assert learned_labels.get("a") == learned_labels.get("c") == learned


def test_other_bytes_are_refused() -> None:
    with pytest.raises(BundleError, match="not a list of learned labels"):
        LearnedLabels.from_bytes(b"[[1,2]]")
