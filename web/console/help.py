"""The first page: does the advice help, by how much, how sure is that."""

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from pilotfish.web.console.charts import Line, Point, lines
from pilotfish.web.console.comparison import Comparison
from pilotfish.web.console.page import Page
from pilotfish.web.console.reading import Row, Rows
from pilotfish.web.console.shown import clock


def _view(rows: Mapping[str, Rows]) -> Mapping[str, Any]:
    [attempts], [everything] = rows["attempts"], rows["all"]
    comparison = Comparison.of(everything)
    return {
        **attempts,
        "verdict": comparison.verdict,
        "all": _told(everything),
        "over_time": [
            {"begins": row["begins"], "ends": row["ends"], **_told(row)}
            for row in rows["over_time"]
        ],
        "by_kind": [
            {"kind": row["kind"] or "no kind yet", **_told(row)}
            for row in rows["by_kind"]
        ],
        "teach_nothing": rows["teach_nothing"],
        "advised_cost": _or_none(everything["advised_cost"]),
        "holdout_cost": _or_none(everything["holdout_cost"]),
        "advised_s": _or_none(everything["advised_s"]),
        "holdout_s": _or_none(everything["holdout_s"]),
        "missing": _missing(attempts, comparison),
    }


def _told(row: Row) -> dict[str, Any]:
    """Return a comparison with what its properties say, so that JSON has it, too."""
    comparison = Comparison.of(row)
    sides = {"advised": comparison.advised, "holdout": comparison.holdout}
    return {
        "lift": comparison.lift,
        "interval": comparison.interval,
        **{
            name: {
                "attempts": side.attempts,
                "successes": side.successes,
                "rate": side.rate,
                "interval": side.interval,
            }
            for name, side in sides.items()
        },
    }


def _or_none(mean: float) -> float | None:
    """Return a mean; ClickHouse has NaN for that of nothing."""
    return mean if mean == mean else None  # noqa: PLR0124 - only NaN differs


def _missing(attempts: Row, comparison: Comparison) -> str:
    """Return what has to happen before the question can be answered."""
    if not attempts["attempts"]:
        return "attempts"
    if not attempts["labelled"]:
        return "labels"
    if not attempts["asked"]:
        return "questions"
    return "" if comparison.interval else "holdout"


def _draw(told: Mapping[str, Any]) -> Markup:
    parts = told["over_time"]
    return lines(
        "Success over time, with advice and without",
        [_line("advised", parts), _line("holdout", parts)],
        (clock(parts[0]["begins"]), clock(parts[-1]["ends"])) if parts else ("", ""),
    )


def _line(side: str, parts: Sequence[Mapping[str, Any]]) -> Line:
    points = [
        Point(
            (place + 0.5) / len(parts),
            part[side]["rate"],
            part[side]["interval"],
            f"{part[side]['rate']:.0%} of {part[side]['attempts']}",
        )
        for place, part in enumerate(parts)
        if part[side]["attempts"]
    ]
    return Line(side, side, points)


HELP = Page("help", "/console/help", "Does it help?", _view, _draw)
