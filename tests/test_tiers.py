"""The tests' own tools: waiting, time limits, and in which order files run."""

import pytest
from support.polling import eventually, in_time
from support.tiers import longest_first


def test_waiting_ends_when_the_answer_is_right_or_tells_the_last_one() -> None:
    answers = iter(range(9))
    eventually(lambda: next(answers), 3, every_s=0)
    eventually(lambda: next(answers) > 6, every_s=0)
    with pytest.raises(AssertionError, match="None instead of 'it'"):
        eventually(lambda: None, "it", within_s=0)
    with pytest.raises(AssertionError, match="'' instead of True"):
        eventually(lambda: "", within_s=0)


def test_the_best_of_a_few_tries_keeps_a_time_limit() -> None:
    took = iter([9.0, 1.0, 9.0])
    in_time(2, lambda: next(took))
    assert next(took) == 9.0
    with pytest.raises(AssertionError, match="instead of 2 s"):
        in_time(2, lambda: 9.0)


def test_what_takes_longest_begins_first(request: pytest.FixtureRequest) -> None:
    here = [one for one in request.session.items if one.path == request.path]
    others = [one for one in request.session.items if one not in here]
    slow = [one for one in others if one.get_closest_marker("slow")][:1]
    items = here + slow
    longest_first(items)
    assert items == slow + here
