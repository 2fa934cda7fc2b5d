"""Whether a service is alive and whether it is ready, and if not, why."""

import threading
from collections import Counter
from collections.abc import Mapping
from typing import Final

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.service import metrics
from pilotfish.runtime.service.lag import Lag
from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import PilotfishError
from pilotfish.schemas.keys import Place
from pilotfish.schemas.topics import ADVICE_REQUESTS

STUCK_S: Final = 180.0
"""A step may wait for an answer of ClickHouse for 120 s; nothing waits longer."""

READY_LAG: Final = 10_000
"""Records of a topic that a ready service may be behind: a second of work for streams."""
READY_LAG_OF: Final[Mapping[str, int]] = {ADVICE_REQUESTS.name: 100}
"""Where a second of work is less."""

_ANSWER_S: Final = 2.0


class Health:
    """The health of one service, as the probes' threads see it.

    Args:
        settings: which Kafka and ClickHouse.
        group: the service's consumer group.
        asks_clickhouse: whether the service needs ClickHouse to be ready.
    """

    def __init__(
        self, settings: Settings, group: str, *, asks_clickhouse: bool
    ) -> None:
        self._lag = Lag(settings, group)
        self._clickhouse = ClickHouse(settings) if asks_clickhouse else None
        self._lock = threading.Lock()
        self.status = ServiceStatus()

    def stuck(self) -> list[str]:
        """Return why the service should be restarted; empty while it is alive."""
        silent_s = self.status.silent_s
        return [f"no step for {silent_s:.0f} s"] if silent_s > STUCK_S else []

    def not_ready(self) -> list[str]:
        """Return why the service is not ready; takes two or four seconds at most."""
        reasons = self.stuck()
        if not self.status.joined:
            reasons.append("waits for its partitions")
        if self.status.missing:
            reasons.append(self.status.missing)
        reasons += self._behind()
        if self._clickhouse is not None and not self._clickhouse.answers(_ANSWER_S):
            reasons.append("ClickHouse does not answer")
        return reasons

    def measure(self) -> None:
        """Update the metric of the lag; without an answer it is absent."""
        try:
            lag = self._lag.of(self.status.positions())
        except PilotfishError:
            lag = {}
        with self._lock:
            metrics.LAG.clear()
            for (topic, partition), records in lag.items():
                metrics.LAG.labels(topic, str(partition)).set(records)

    def _behind(self) -> list[str]:
        try:
            lag = self._lag.of(self.status.positions())
        except PilotfishError as error:
            return [str(error)]
        return [
            f"{records} records behind in {topic}, ready up to {_bound(topic)}"
            for topic, records in _by_topic(lag).items()
            if records > _bound(topic)
        ]


def _by_topic(lag: Mapping[Place, int]) -> Counter[str]:
    total: Counter[str] = Counter()
    for (topic, _), records in lag.items():
        total[topic] += records
    return total


def _bound(topic: str) -> int:
    return READY_LAG_OF.get(topic, READY_LAG)
