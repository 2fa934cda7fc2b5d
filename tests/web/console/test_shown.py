from datetime import UTC, datetime

import pytest

from pilotfish.web.console import shown


def test_numbers_are_written_as_people_read_them() -> None:
    assert shown.percent(0.847) == "85%" and shown.percent(None) == "-"
    assert shown.points(-0.124) == "-12" and shown.points(0.31) == "+31"
    assert shown.interval((0.1, 0.25)) == "10% to 25%"
    assert shown.lift_interval((-0.02, 0.2)) == "-2 to +20"
    assert shown.number(12345) == "12,345" and shown.number(0.123456) == "0.1235"


@pytest.mark.parametrize(
    ("duration_s", "told"),
    [(None, "-"), (0.0123, "12 ms"), (3.21, "3.2 s"), (600.0, "10 min")],
)
def test_durations_are_in_the_unit_that_fits(
    duration_s: float | None, told: str
) -> None:
    assert shown.seconds(duration_s) == told


def test_a_time_names_its_zone_and_can_be_read_by_a_script() -> None:
    told = shown.when(datetime(2026, 12, 1, 9, 30, tzinfo=UTC))
    assert told == (
        '<time datetime="2026-12-01T09:30:00+00:00">2026-12-01 09:30:00 UTC</time>'
    )
    assert shown.when(None) == "-"


def test_a_long_text_is_cut_and_says_so() -> None:
    told = shown.long("<b>" + "x" * 30_000)
    assert told.startswith("&lt;b&gt;xx")
    assert told.endswith("... 10,003 more characters")
