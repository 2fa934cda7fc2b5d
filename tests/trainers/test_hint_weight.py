from hypothesis import given
from hypothesis import strategies as st

from pilotfish.trainers.hint_weight import MAX_WEIGHT, hint_weight


@given(st.floats(1e-6, 1), st.integers(1, 64))
def test_weights_of_hinted_attempts_are_bounded(
    propensity: float, candidates: int
) -> None:
    assert 1 / MAX_WEIGHT <= hint_weight(propensity, candidates) <= MAX_WEIGHT


def test_a_hint_chosen_by_chance_has_weight_one() -> None:
    assert hint_weight(None, 7) == 1.0
    assert abs(hint_weight(1 / 7, 7) - 1.0) < 1e-12
    assert hint_weight(0.9, 7) < 1 < hint_weight(0.05, 7)
