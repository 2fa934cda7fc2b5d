"""Charts are well-formed, and what texts say stays text."""

import re
from xml.etree.ElementTree import fromstring

from hypothesis import given
from hypothesis import strategies as st

from pilotfish.web.console.charts import Dot, Line, Point, dots, lines, shortened

shares = st.floats(0, 1)
names = st.text(st.characters(exclude_categories=["C"]), max_size=60)


@given(st.lists(st.tuples(names, shares, shares, shares), max_size=9))
def test_every_row_has_its_dot_inside(
    rows: list[tuple[str, float, float, float]],
) -> None:
    drawn = dots("what works", [Dot(n, v, (0.0, 1.0), n, u) for n, v, u, _ in rows])
    svg = fromstring(drawn)
    circles = svg.findall("circle")
    assert len(circles) == len(rows)
    assert all(0 <= float(each.attrib["cx"]) <= 720 for each in circles)
    written = [label.text or "" for label in svg.findall("text")]
    assert all(shortened(name) in written for name, *_ in rows)


@given(st.lists(shares, max_size=20))
def test_higher_values_are_drawn_higher(values: list[float]) -> None:
    points = [Point(0.5, value, (0.0, 1.0), "") for value in values]
    drawn = fromstring(lines("over time", [Line("x", "advised", points)], ("", "")))
    heights = [float(each.attrib["cy"]) for each in drawn.findall("circle")]
    for (value, y), (other, other_y) in zip(
        zip(values, heights, strict=True),
        list(zip(values, heights, strict=True))[1:],
        strict=False,
    ):
        assert (other - value) * (other_y - y) <= 0


def test_markup_in_a_name_is_text() -> None:
    hostile = '</svg><script>alert("x")</script>'
    drawn = dots(hostile, [Dot(hostile, 0.5, (0.4, 0.6), hostile)])
    assert "<script" not in drawn
    assert not re.search(r"<[a-z]+[^>]*\son\w+=", drawn)
    assert fromstring(drawn).find("title") is not None
