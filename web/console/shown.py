"""How values are written: percentages, lifts, times, long texts."""

from datetime import datetime
from typing import Final

from markupsafe import Markup, escape

_MOST: Final = 20_000
"""Characters of a text from an attempt that a page shows."""


def percent(share: float | None) -> str:
    """Return a share in percent; a dash where there is none."""
    return "-" if share is None else f"{share:.0%}"


def points(difference: float | None) -> str:
    """Return a difference of shares in points, with its sign."""
    return "-" if difference is None else f"{100 * difference:+.0f}"


def interval(ends: tuple[float, float] | None) -> str:
    """Return the interval of a share."""
    return "" if ends is None else f"{ends[0]:.0%} to {ends[1]:.0%}"


def lift_interval(ends: tuple[float, float] | None) -> str:
    """Return the interval of a difference, in points."""
    return "" if ends is None else f"{points(ends[0])} to {points(ends[1])}"


def seconds(duration_s: float | None) -> str:
    """Return a duration."""
    if duration_s is None:
        return "-"
    if duration_s < 1:
        return f"{1000 * duration_s:.0f} ms"
    return f"{duration_s:.1f} s" if duration_s < 120 else f"{duration_s / 60:.0f} min"


def number(value: float | None) -> str:
    """Return a count, or a cost with four digits that count."""
    if value is None:
        return "-"
    return f"{value:,}" if isinstance(value, int) else f"{value:.4g}"


def when(at: datetime | None) -> Markup:
    """Return a time; a script turns it into that of the reader's zone."""
    if at is None:
        return Markup("-")
    return Markup('<time datetime="{}">{}</time>').format(at.isoformat(), clock(at))


def clock(at: datetime) -> str:
    """Return a time in UTC."""
    return at.strftime("%Y-%m-%d %H:%M:%S UTC")


def long(content: str) -> Markup:
    """Return a text from an attempt as it is, cut where it is very long."""
    left_out = len(content) - _MOST
    more = f"\n... {left_out:,} more characters" if left_out > 0 else ""
    return escape(content[:_MOST] + more)


FILTERS: Final = {
    "percent": percent,
    "points": points,
    "interval": interval,
    "lift_interval": lift_interval,
    "seconds": seconds,
    "number": number,
    "when": when,
    "long": long,
}
