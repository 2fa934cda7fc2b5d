"""One attempt: what it did, how its label came to be, and the hint it got."""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from starlette.exceptions import HTTPException

from pilotfish.web.console.page import Page
from pilotfish.web.console.reading import Row, Rows


def _view(rows: Mapping[str, Rows]) -> Mapping[str, Any]:
    if not rows["attempt"]:
        raise HTTPException(404, "there is no attempt of this id")
    [attempt] = rows["attempt"]
    kinds = rows["kind"]
    return {
        "attempt": {**attempt, "evidence": _evidence(attempt["evidence"])},
        "followed": _followed(attempt),
        "kind": kinds[0] if kinds else None,
        "events": rows["events"],
        "spans": list(_tree(rows["spans"])),
    }


def _evidence(text: str) -> list[dict[str, Any]]:
    """Return the signals that the label was made of; the row has them as JSON."""
    signals: list[dict[str, Any]] = json.loads(text) if text else []
    return signals


def _followed(attempt: Row) -> str:
    """Return whether the attempt did what it was advised."""
    advised, tried = (
        attempt["hint_approach"],
        attempt["approach"] or attempt["strategy"],
    )
    if not advised or attempt["hint_holdout"]:
        return ""
    if not tried:
        return "unknown"
    return "followed" if tried == advised else "not followed"


def _tree(spans: Rows) -> Iterator[dict[str, Any]]:
    """Yield spans below those that they are part of, each with its depth."""
    known = {span["span_id"] for span in spans}
    below = defaultdict(list)
    for span in spans:
        parent = span["parent_id"]
        below[parent if parent in known and parent != span["span_id"] else ""].append(
            span
        )
    waiting = [(span, 0) for span in reversed(below[""])]
    while waiting:
        span, depth = waiting.pop()
        yield {**span, "depth": depth}
        waiting += [(each, depth + 1) for each in reversed(below[span["span_id"]])]


ATTEMPT = Page("attempt", "/console/attempts/{attempt}", "Attempt", _view)
