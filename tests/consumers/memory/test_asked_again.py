"""Pairs of questions; tests/consumers/test_memory.py has them on real servers."""

from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pilotfish.consumers.memory.asked_again import Question, pairs

MINUTE = 60_000_000


def asked(name: str, began: int, minutes: int = 1, angle: float = 0.0) -> Question:
    vector = np.array([np.cos(angle), np.sin(angle)], np.float32)
    ended = (began + minutes) * MINUTE
    return Question("t", "ben", name, began * MINUTE, ended, 0, vector)


def test_the_same_within_an_hour_and_after_the_end_is_asked_again() -> None:
    first = asked("a", 0, minutes=10)
    [(earlier, later)] = pairs([asked("b", 60), first])
    assert (earlier.attempt_id, later.attempt_id) == ("a", "b")
    assert not list(pairs([first, asked("b", 61)]))
    assert not list(pairs([first, asked("b", 9)]))
    assert not list(pairs([first, asked("b", 20, angle=np.pi / 3)]))
    assert not list(pairs([first]))


@given(
    st.lists(
        st.builds(
            asked,
            st.uuids().map(str),
            st.integers(0, 200),
            st.integers(0, 30),
            st.sampled_from([0.0, 0.3, 1.5]),
        ),
        max_size=12,
    ),
    st.randoms(),
)
def test_the_order_in_which_labels_come_does_not_matter(
    questions: list[Question], random: Random
) -> None:
    expected = {(one.attempt_id, other.attempt_id) for one, other in pairs(questions)}
    random.shuffle(questions)
    found = [(one.attempt_id, other.attempt_id) for one, other in pairs(questions)]
    assert set(found) == expected
    assert len({earlier for earlier, _ in found}) == len(found)
