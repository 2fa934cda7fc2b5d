"""Dates, weekdays and counts of days that a text speaks of."""

import re
from datetime import date

from pilotfish.demo.reading.text import NotApplicableError

WEEKDAYS = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
_MONTH = "|".join(MONTHS)


def dates(text: str) -> list[date]:
    """Return the days named in the text; one without a year is of the last one's year."""
    long = re.findall(rf"({_MONTH}) (\d{{1,2}})(?:, (\d{{4}}))?\b(?!\d)", text)
    short = re.findall(r"\b(\d\d)/(\d\d)/(\d{4})\b", text)
    years = [int(year) for _, _, year in long if year]
    if not (long or short) or (long and not years):
        raise NotApplicableError("no date in the text")
    return [
        *(
            date(int(year or years[-1]), MONTHS.index(m) + 1, int(d))
            for m, d, year in long
        ),
        *(date(int(year), int(month), int(d)) for month, d, year in short),
    ]


def weekday_name(day: date) -> str:
    """Return the English name of the day of the week."""
    return WEEKDAYS[day.weekday()]
