"""What works on which kind of problem, and what is used there."""

from collections import Counter
from collections.abc import Mapping
from itertools import groupby
from typing import Any, Final

from markupsafe import Markup
from starlette.exceptions import HTTPException

from pilotfish.web.console.page import Page
from pilotfish.web.console.plays import plays_chart
from pilotfish.web.console.reading import Rows

WORSE: Final = -0.1
"""Change of P(success), of the newer half against the older, from which a kind gets worse."""
_MOST_ROWS: Final = 12


def _kinds(rows: Mapping[str, Rows]) -> Mapping[str, Any]:
    used: Counter[tuple[str, str]] = Counter()
    for row in rows["used"]:
        used[row["group_id"], row["tried"]] += row["attempts"]
    of_kind: Counter[str] = Counter()
    for (group, _), attempts in used.items():
        of_kind[group] += attempts
    kinds = []
    for group, plays in groupby(rows["playbook"], key=lambda row: row["group_id"]):
        plays_of = [
            {**play, "used": used[group, play["tried"]] / max(of_kind[group], 1)}
            for play in plays
        ]
        kinds.append({**_kind(plays_of), "group_id": group, "attempts": of_kind[group]})
    return {"kinds": kinds}


def _kind(plays: list[dict[str, Any]]) -> dict[str, Any]:
    """Return what a kind's plays say together."""
    weights = sum(play["attempts"] for play in plays) or 1
    trend = sum(play["trend"] * play["attempts"] for play in plays) / weights
    most_used = max(plays, key=lambda play: play.get("used", 0.0))
    return {
        "name": plays[0]["group_name"],
        "plays": plays[:_MOST_ROWS],
        "best": plays[0]["approach"],
        "most_used": most_used["approach"],
        "trend": trend,
        "worse": trend <= WORSE,
    }


def _one_kind(rows: Mapping[str, Rows]) -> Mapping[str, Any]:
    plays = [dict(row) for row in rows["playbook"]]
    if not plays and not rows["examples"]:
        raise HTTPException(404, "no attempt is of this kind of problem")
    told = _kind(plays) if plays else {"name": "", "plays": [], "worse": False}
    return {**told, "examples": rows["examples"]}


def _draw(told: Mapping[str, Any]) -> Markup:
    return plays_chart(told["plays"], f"What works on {told['name']}")


WORKS = Page("works", "/console/works", "What works", _kinds)
KIND = Page("kind", "/console/kinds/{group}", "Kind of problem", _one_kind, _draw)
