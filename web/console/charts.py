"""Charts as SVG. Texts in them come from attempts: the library that writes them escapes.

Colours are classes of the style sheet, which knows dark and light.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import (  # nosec B405 # it writes, and parses nothing
    Element,
    SubElement,
    tostring,
)

from markupsafe import Markup

_WIDTH: Final = 720
_HEIGHT: Final = 260
_LEFT: Final = 44
_BOTTOM: Final = 24
_ROW: Final = 28
_LABELS: Final = 240
"""What the names of rows get of the width."""

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Point:
    """One value of a line: `at` from 0 to 1, `value` and its interval as shares."""

    at: float
    value: float
    interval: Interval
    says: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line; `of` is a class of the style sheet."""

    name: str
    of: str
    points: Sequence[Point]


@dataclass(frozen=True, slots=True)
class Dot:
    """One row: a share with its interval, and how often the row is used, if known."""

    name: str
    value: float
    interval: Interval
    says: str
    used: float | None = None


def lines(about: str, drawn: Sequence[Line], ends: tuple[str, str]) -> Markup:
    """Return lines with bands over a scale of 0 to 100 %; `ends` name the axis' ends."""
    svg = _svg(about, _HEIGHT + _BOTTOM)
    for percent in range(0, 101, 25):
        y = _y(percent / 100)
        _line(svg, "grid", (_LEFT, y), (_WIDTH, y))
        _text(svg, (_LEFT - 6, y + 4), f"{percent}%", "end")
    _text(svg, (_LEFT, _HEIGHT + 18), ends[0], "start")
    _text(svg, (_WIDTH, _HEIGHT + 18), ends[1], "end")
    for line in drawn:
        lower = [(_x(p.at), _y(p.interval[0])) for p in line.points]
        upper = [(_x(p.at), _y(p.interval[1])) for p in reversed(line.points)]
        _shape(svg, "polygon", f"band {line.of}", lower + upper)
    for line in drawn:
        middle = [(_x(p.at), _y(p.value)) for p in line.points]
        _shape(svg, "polyline", f"line {line.of}", middle)
        for point, place in zip(line.points, middle, strict=True):
            _dot(svg, f"dot {line.of}", place, f"{line.name}: {point.says}")
    return _markup(svg)


def dots(about: str, rows: Sequence[Dot]) -> Markup:
    """Return one row a dot, with its interval over a scale of 0 to 100 %."""
    height = _ROW * len(rows)
    svg = _svg(about, height + _BOTTOM)
    for percent in range(0, 101, 25):
        x = _across(percent / 100)
        _line(svg, "grid", (x, 0), (x, height))
        _text(svg, (x, height + 18), f"{percent}%", "middle")
    for place, row in enumerate(rows):
        y = _ROW * place + _ROW / 2
        _text(svg, (_LABELS - 10, y + 4), shortened(row.name), "end")
        if row.used is not None:
            bar = {"x": _LABELS, "y": y + 7, "height": 3}
            width = _across(row.used) - _LABELS
            _element(svg, "rect", "used", **bar, width=width)
        low, high = row.interval
        _line(svg, "interval", (_across(low), y), (_across(high), y))
        _dot(svg, "dot", (_across(row.value), y), f"{row.name}: {row.says}")
    return _markup(svg)


def shortened(name: str, most: int = 34) -> str:
    """Return a name that fits beside a row."""
    return name if len(name) <= most else name[: most - 1] + "…"


def _x(share: float) -> float:
    return _LEFT + share * (_WIDTH - _LEFT)


def _y(share: float) -> float:
    return 8 + (1 - share) * (_HEIGHT - 8)


def _across(share: float) -> float:
    return _LABELS + share * (_WIDTH - _LABELS - 24)


def _svg(about: str, height: float) -> Element:
    box = f"0 0 {_WIDTH} {height:g}"
    svg = Element("svg", {"viewBox": box, "role": "img", "class": "chart"})
    SubElement(svg, "title").text = about
    return svg


def _element(svg: Element, tag: str, of: str, **numbers: float) -> Element:
    told = {name.replace("_", "-"): f"{n:.1f}" for name, n in numbers.items()}
    return SubElement(svg, tag, {"class": of, **told})


def _line(svg: Element, of: str, a: Interval, b: Interval) -> None:
    _element(svg, "line", of, x1=a[0], y1=a[1], x2=b[0], y2=b[1])


def _shape(svg: Element, tag: str, of: str, places: Sequence[Interval]) -> None:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
    SubElement(svg, tag, {"class": of, "points": points})


def _dot(svg: Element, of: str, place: Interval, says: str) -> None:
    dot = _element(svg, "circle", of, cx=place[0], cy=place[1], r=4)
    SubElement(dot, "title").text = says


def _text(svg: Element, place: Interval, text: str, anchor: str) -> None:
    label = _element(svg, "text", "label", x=place[0], y=place[1])
    label.set("text-anchor", anchor)
    label.text = text


def _markup(svg: Element) -> Markup:
    written = tostring(svg, encoding="unicode")
    return Markup(written)  # nosec B704 # noqa: S704 - a library escaped it
