"""One hint: why this approach, and what the others were expected to do."""

from collections.abc import Mapping
from typing import Any

from starlette.exceptions import HTTPException

from pilotfish.runtime.candidates import candidates
from pilotfish.web.console.page import Page
from pilotfish.web.console.reading import Rows


def _view(rows: Mapping[str, Rows]) -> Mapping[str, Any]:
    if not rows["hint"]:
        raise HTTPException(404, "there is no hint of this id")
    [hint] = rows["hint"]
    attempts = rows["attempt"]
    return {
        "hint": {k: v for k, v in hint.items() if k not in ("candidates", "evidence")},
        "candidates": candidates(hint["candidates"], hint["evidence"]),
        "attempt": attempts[0] if attempts else None,
    }


HINT = Page("hint", "/console/hints/{request}", "Hint", _view)
