"""The metric of advice's effect: each tenant's advised attempts against its holdout."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.service.metrics import LIFT, LIFT_HIGH, LIFT_LOW, LIFT_TENANTS

_EVERY: Final = timedelta(minutes=1)
"""The view reads every attempt of the last 400 days."""

_LIFTS: Final = """
SELECT tenant, lift, lift_low, lift_high FROM hint_lift
ORDER BY advised_attempts + holdout_attempts DESC, tenant
LIMIT {tenants:UInt32}
"""


class Lift:
    """Updates the metric from ClickHouse at most once a minute.

    Args:
        clickhouse: the attempts.
        clock: returns the time, aware.
    """

    def __init__(self, clickhouse: ClickHouse, clock: Callable[[], datetime]) -> None:
        self._clickhouse = clickhouse
        self._clock = clock
        self._due = clock()

    def step(self) -> None:
        """Update the metrics, if that is due.

        Raises:
            UnavailableError: ClickHouse does not answer; the metrics stay as they were.
        """
        now = self._clock()
        if now < self._due:
            return
        self._due = now + _EVERY
        rows = self._clickhouse.query(_LIFTS, {"tenants": LIFT_TENANTS})
        gauges = LIFT, LIFT_LOW, LIFT_HIGH
        for gauge in gauges:
            gauge.clear()
        for tenant, *values in rows:
            for gauge, value in zip(gauges, values, strict=True):
                gauge.labels(tenant).set(value)
