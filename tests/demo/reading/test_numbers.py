from datetime import date

import pytest

from pilotfish.demo.reading import chances, dates, numbers, relations, words
from pilotfish.demo.reading.text import NotApplicableError


def test_the_longest_expression_is_taken() -> None:
    assert numbers.expression("Calculate 2 and (3 + 4) * 5^2 .") == "(3 + 4) * 5**2"


def test_a_fraction_keeps_the_texts_way_of_writing_it() -> None:
    assert numbers.fraction("Simplify \\frac{6}{8}") == (6, 8, "\\frac{%s}{%s}")


def test_an_example_of_a_fraction_is_no_fraction_to_simplify() -> None:
    with pytest.raises(NotApplicableError):
        numbers.fraction("Respond with a reduced fraction [ex., 1/60]")


def test_gcd_and_lcm_are_told_apart() -> None:
    assert numbers.divisor_or_multiple("the GCD of 4 and 6") == ("gcd", [4, 6])
    assert numbers.divisor_or_multiple("least common multiple: 4, 6")[0] == "lcm"


def test_dice_coins_and_targets() -> None:
    throw = chances.throw("I have these dice: 1d20, 2d6. Odds of rolling 5 or higher?")
    assert (throw.faces, throw.least) == ((20, 6, 6), 5)
    flips = chances.flips("the chance of at least 2 heads in 5 coin flips")
    assert (flips.coins, flips.least, flips.most) == (5, 2, 5)
    target = chances.target("Make 24 using 4, 6, 8, 1. Use each number once.")
    assert target.numbers == (4, 6, 8, 1) and target.target == 24


def test_a_date_without_a_year_has_the_last_ones() -> None:
    found = dates.dates("from May 3 to June 1, 2024")
    assert found == [date(2024, 5, 3), date(2024, 6, 1)]


def test_edges_may_be_none() -> None:
    assert relations.edges("Edges: [(0, 1), (2, 0)]") == [(0, 1), (2, 0)]
    assert relations.edges("Edges: []") == []


def test_a_shift_is_undone() -> None:
    assert words.shift("BCD A", 1) == "ABC Z"
    assert words.englishness("THE TREE") > words.englishness("QXZ QZXJ")
