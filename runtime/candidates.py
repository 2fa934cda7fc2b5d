"""The candidates of a hint, of two columns of its row."""

from collections.abc import Mapping, Sequence
from typing import Any

_NO_RECORD = {"attempts": 0, "successes": 0.0}


def candidates(
    expected: Sequence[Mapping[str, Any]], evidence: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return all candidates with their records, the likeliest to be drawn first.

    Args:
        expected: the column `candidates` of the table `hints`.
        evidence: its column of that name; empty for hints of older versions.
    """
    records = {record["approach"]: record for record in evidence}
    rows = [{**each, **records.get(each["approach"], _NO_RECORD)} for each in expected]
    return sorted(rows, key=lambda row: (-float(row["propensity"]), row["approach"]))
