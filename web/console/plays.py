"""Approaches of a kind of problem as a chart."""

from collections.abc import Sequence

from markupsafe import Markup

from pilotfish.web.console.charts import Dot, dots
from pilotfish.web.console.reading import Row


def plays_chart(plays: Sequence[Row], about: str) -> Markup:
    """Return a kind's approaches as dots with intervals."""
    return dots(about, [_dot(play) for play in plays])


def _dot(play: Row) -> Dot:
    return Dot(
        play["approach"],
        play["p_success"],
        (play["low"], play["high"]),
        f"{play['p_success']:.0%} of {play['attempts']} attempts",
        play.get("used"),
    )
