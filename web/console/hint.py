"""One hint: why this approach, and what the others were expected to do."""

from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException

from pilotfish.web.console.page import Page
from pilotfish.web.console.reading import Row, Rows


def _view(rows: Mapping[str, Rows]) -> Mapping[str, Any]:
    if not rows["hint"]:
        raise HTTPException(404, "there is no hint of this id")
    [hint] = rows["hint"]
    attempts = rows["attempt"]
    return {
        "hint": {k: v for k, v in hint.items() if k not in ("candidates", "evidence")},
        "candidates": _candidates(hint),
        "attempt": attempts[0] if attempts else None,
    }


def _candidates(hint: Row) -> list[dict[str, Any]]:
    """Return all candidates with their records, the likeliest to be drawn first."""
    no_record = {"attempts": 0, "successes": 0.0}
    records = {record["approach"]: record for record in hint["evidence"]}
    return sorted(
        (
            {**each, **records.get(each["approach"], no_record)}
            for each in hint["candidates"]
        ),
        key=lambda each: (-each["propensity"], each["approach"]),
    )


HINT = Page("hint", "/console/hints/{request}", "Hint", _view)
