"""Trainings and the advisors that came of them: who serves, and why others do not."""

from collections.abc import Mapping
from typing import Any

from pilotfish.web.console.page import Page
from pilotfish.web.console.reading import Rows


def _view(rows: Mapping[str, Rows]) -> Mapping[str, Any]:
    trainings = [
        {**row, "took_s": _seconds(row["started_at"], row["finished_at"])}
        for row in rows["trainings"]
    ]
    serving = rows["serving"]
    return {
        "trainings": trainings,
        "serving": serving,
        "newest": serving[0]["version"] if serving else "",
    }


def _seconds(started: Any, finished: Any) -> float | None:
    return (finished - started).total_seconds() if finished else None


ADVISORS = Page("advisors", "/console/advisors", "Advisors", _view)
