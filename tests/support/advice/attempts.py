"""Labelled attempts as ClickHouse holds them, with or without a pattern to learn."""

from datetime import UTC, datetime, timedelta

import numpy as np

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings

KINDS = {
    "sort": "Sort the words in ascending order: {}",
    "sum": "What is the sum of the numbers in the list? {}",
    "graph": "Find the shortest path in the grid from start to goal: {}",
    "logic": "Each islander is a knight or a knave. Who is lying? {}",
    "rows": "SELECT the rows of the table whose name is {}",
    "algebra": "Solve the equation for x and give a number: {}",
}
APPROACHES = ["search", "symbolic", "string", "prove"]
START = datetime(2026, 1, 1, tzinfo=UTC)


def store_attempts(settings: Settings, count: int, *, noise: bool) -> None:
    """Each kind is solved by one approach alone; with `noise` by chance."""
    rng = np.random.default_rng(5)
    rows = []
    for number in range(count):
        kind = int(rng.integers(len(KINDS)))
        approach = int(rng.integers(len(APPROACHES)))
        words = " ".join(str(n) for n in rng.integers(0, 999, 6))
        solved = rng.random() < 0.4 if noise else kind % len(APPROACHES) == approach
        rows.append(
            {
                "tenant": settings.tenant,
                "attempt_id": f"{settings.tenant}-{number:05d}",
                "version": 1,
                "ended": True,
                "p_success": float(solved),
                "problem": list(KINDS.values())[kind].format(words),
                "problem_type": "",
                "approach": APPROACHES[approach],
                "started_at": START + timedelta(seconds=number),
                "topic_partition": number % 4,
                "first_offset": number // 4,
                "last_offset": number // 4,
                "last_event_at": START + timedelta(seconds=number),
            }
        )
    values = [list(row.values()) for row in rows]
    ClickHouse(settings).insert("attempts", list(rows[0]), values)
