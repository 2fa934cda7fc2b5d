from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotfish.streams.attempts.quality import Course, Typical, conduct, typical
from pilotfish.streams.attempts.quality import quality as of

chances = st.floats(0, 1)
amounts = st.floats(0, 1e9)
courses = st.builds(
    Course, amounts, amounts, st.integers(0, 10**6), st.integers(0, 8), st.booleans()
)
typicals = st.builds(Typical, amounts, amounts, amounts)


def quality(p_success: float, course: Course, usual: Typical) -> float:
    return of(p_success, conduct(course, usual))


USUAL = Typical(cost=1.0, duration_s=10.0, steps=8)
PLAIN = Course(cost=1.0, duration_s=10.0, steps=8, repeats=1)


@given(chances, courses, typicals)
def test_quality_is_between_0_and_1(
    p_success: float, course: Course, usual: Typical
) -> None:
    assert 0 <= quality(p_success, course, usual) <= 1


@given(chances, chances, courses, typicals)
def test_a_more_likely_success_is_never_rated_lower(
    first: float, second: float, course: Course, usual: Typical
) -> None:
    low, high = sorted((first, second))
    assert quality(low, course, usual) <= quality(high, course, usual) + 1e-12


@given(chances, courses, typicals, amounts, st.sampled_from(("cost", "duration_s")))
def test_more_of_anything_never_helps(
    p_success: float, course: Course, usual: Typical, more: float, field: str
) -> None:
    dearer = replace(course, **{field: getattr(course, field) + more})
    longer = replace(course, steps=course.steps + 1)
    looping = replace(course, repeats=course.repeats + 1)
    rated = quality(p_success, course, usual) + 1e-12
    for worse in (dearer, longer, looping):
        assert quality(p_success, worse, usual) <= rated


@given(chances, courses, typicals)
def test_a_recovered_error_costs_nothing_and_an_unrecovered_one_does(
    p_success: float, course: Course, usual: Typical
) -> None:
    recovered = quality(p_success, replace(course, stuck=False), usual)
    assert quality(p_success, replace(course, stuck=True), usual) <= recovered
    assert quality(1.0, PLAIN, USUAL) > quality(1.0, replace(PLAIN, stuck=True), USUAL)


@given(courses, typicals)
def test_any_success_is_above_any_failure(course: Course, usual: Typical) -> None:
    assert quality(1.0, course, usual) >= 0.5
    assert quality(0.0, course, usual) <= 0.25


def test_a_plain_success_is_1_and_nothing_is_gained_by_giving_up_early() -> None:
    assert quality(1.0, PLAIN, USUAL) == 1.0
    assert quality(1.0, Course(steps=1), USUAL) == 1.0
    assert quality(0.0, PLAIN, USUAL) == 0.25


def test_twice_the_typical_halves_the_conduct() -> None:
    double = Course(cost=2.0, duration_s=20.0, steps=16)
    assert conduct(double, USUAL) == pytest.approx(0.5)
    assert conduct(replace(PLAIN, cost=2.0), USUAL) == pytest.approx(0.5 ** (1 / 3))


def test_a_loop_counts_also_at_the_typical_length() -> None:
    rated = [conduct(replace(PLAIN, repeats=times), USUAL) for times in (1, 2, 3, 8)]
    assert rated == pytest.approx([1, 1, 2 / 3, 1 / 4])


@given(courses)
def test_unknown_values_of_the_group_do_not_count(course: Course) -> None:
    calm = replace(course, repeats=0, stuck=False)
    assert conduct(calm, Typical()) == 1.0


def test_a_group_is_described_by_its_medians() -> None:
    group = [Course(1.0, 2.0, 3), Course(2.0, 4.0, 5), Course(90.0, 80.0, 70)]
    assert typical(group) == Typical(2.0, 4.0, 5.0)
    assert typical([]) == Typical()
