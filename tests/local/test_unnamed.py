"""An agent that names no approach: from what it did to advice, through all services."""

from collections.abc import Sequence

import pytest
from support.polling import eventually

import pilotfish
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.ids import new_id
from pilotfish.strategies.finding import ENOUGH

Steps = Sequence[tuple[str, str, str]]

LOOKING: Steps = (
    ("thought", "thought", "first the tables"),
    ("action", "sql", "SHOW TABLES"),
    ("observation", "sql", "fish, pilots"),
    ("action", "sql", "DESCRIBE fish"),
    ("action", "sql", "SELECT count(*) FROM fish"),
)
GUESSING: Steps = (
    ("action", "sql", "SELECT count(*) FROM fishes"),
    ("observation", "sql", "Error: no such table"),
    ("answer", "answer", "7"),
)
ASSIGNED = """
SELECT strategy, count(), avg(p_success) FROM attempts_current
WHERE tenant = {tenant:String} AND approach = '' AND strategy != '' GROUP BY strategy
"""


def work(pilot: pilotfish.Client, steps: Steps, *, success: bool) -> None:
    """Make as many attempts in these steps as make a strategy."""
    for number in range(ENOUGH):
        with pilot.attempt(f"How many fish are there in pond {number}?") as attempt:
            for kind, name, content in steps:
                attempt.step(kind, name, content)
            attempt.succeed() if success else attempt.fail()


@pytest.mark.slow(30)
def test_what_an_agent_does_becomes_advice(up: Settings) -> None:
    tenant = f"t-{new_id()}"
    clickhouse = ClickHouse(up)

    def strategies() -> dict[float, tuple[str, int]]:
        """Return each strategy and its attempts, by its share of successes."""
        rows = clickhouse.query(ASSIGNED, {"tenant": tenant})
        return {float(mean): (str(id_), int(n)) for id_, n, mean in rows}

    with pilotfish.connect(
        kafka=up.kafka, tenant=tenant, advice_deadline_s=60
    ) as pilot:
        work(pilot, LOOKING, success=True)
        work(pilot, GUESSING, success=False)
        eventually(lambda: [n for _, n in strategies().values()], [ENOUGH, ENOUGH])
        looking, _ = strategies()[1.0]

        hints: list[pilotfish.Hint] = []

        def advised() -> bool:
            with pilot.attempt("How many fish are there in my pond?") as attempt:
                hints.append(attempt.advice())
            return hints[-1].approach == looking

        eventually(advised)
    assert (
        "First think about what to do, then list the tables with sql" in hints[-1].text
    )
