"""Pairs of questions; test_handler.py has them on real servers."""

from random import Random

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pilotfish.consumers.memory.asked_again import Question, pairs

MINUTE = 60_000_000


def question(name: str, began: int, minutes: int = 1, angle: float = 0.0) -> Question:
    vector = np.array([np.cos(angle), np.sin(angle)], np.float32)
    ended = (began + minutes) * MINUTE
    return Question("t", "ben", name, began * MINUTE, ended, 0, vector)


def test_the_same_question_within_an_hour_and_after_the_end_is_a_pair() -> None:
    first = question("a", 0, minutes=10)
    [(earlier, later)] = pairs([question("b", 60), first])
    assert (earlier.attempt_id, later.attempt_id) == ("a", "b")
    assert not list(pairs([first, question("b", 61)]))
    assert not list(pairs([first, question("b", 9)]))
    assert not list(pairs([first, question("b", 20, angle=np.pi / 3)]))
    assert not list(pairs([first]))


@given(
    st.lists(
        st.builds(
            question,
            st.uuids().map(str),
            st.integers(0, 200),
            st.integers(0, 30),
            st.sampled_from([0.0, 0.3, 1.5]),
        ),
        max_size=12,
    ),
    st.randoms(),
)
def test_the_order_of_labels_does_not_matter(
    questions: list[Question], random: Random
) -> None:
    def ids() -> list[tuple[str, str]]:
        return [(a.attempt_id, b.attempt_id) for a, b in pairs(questions)]

    expected = set(ids())
    random.shuffle(questions)
    shuffled = ids()
    assert set(shuffled) == expected
    assert len({earlier for earlier, _ in shuffled}) == len(shuffled)
