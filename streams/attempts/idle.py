"""Closes attempts that nobody ends, by an event, so that a replay closes them too.

An attempt is idle if it got no event for `idle_s` by ClickHouse's clock, not by the times
in its events: otherwise a replay of an old log would close attempts half-way. Attempts
with nothing but signals or feedback stay open: they wait for their other events.
"""

import uuid
from collections.abc import Iterable
from typing import Final

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.publisher import Publisher
from pilotfish.schemas.base import moment
from pilotfish.schemas.events import AttemptEnded
from pilotfish.schemas.topics import EVENTS

_LIMIT: Final = 10_000
_NAMESPACE: Final = uuid.UUID("5e1f7d3c-4b0a-4f6e-9a57-0c1d1e5f1d1e")

_NOW: Final = "SELECT toUnixTimestamp64Milli(now64(3))"
# Reads only rows since the last search: the index on inserted_at skips the others. If a late
# writer inserts an older row again, this can at worst close an attempt that has ended, and
# such an end is ignored.
_IDLE: Final = """
SELECT tenant, attempt_id, argMax(topic_partition, last_offset) AS part,
    toUnixTimestamp64Micro(argMax(last_event_at, last_offset))
FROM attempts
WHERE inserted_at > fromUnixTimestamp64Milli({since:Int64})
GROUP BY tenant, attempt_id
HAVING max(inserted_at) <= fromUnixTimestamp64Milli({until:Int64})
    AND NOT argMax(ended, last_offset)
    AND argMax(started OR steps > 0, last_offset)
    AND has({partitions:Array(UInt32)}, part)
ORDER BY max(inserted_at)
LIMIT {limit:UInt32}
"""


class IdleAttempts:
    """Publishes `AttemptEnded(status="abandoned")` for attempts of some partitions.

    The event's id is derived from the attempt's, so that two workers, or one worker before
    and after a crash, publish duplicates instead of two ends.
    """

    def __init__(
        self, clickhouse: ClickHouse, publisher: Publisher, idle_s: float
    ) -> None:
        self._clickhouse = clickhouse
        self._publisher = publisher
        self._idle_s = idle_s
        self._partitions: set[int] = set()
        self._since_ms = 0

    def close(self, partitions: Iterable[int]) -> int:
        """Close the idle attempts of these partitions; return their number.

        Raises:
            UnavailableError: call again; no attempt is missed.
        """
        assigned = set(partitions)
        if assigned != self._partitions:
            self._partitions, self._since_ms = assigned, 0
        [(now_ms,)] = self._clickhouse.query(_NOW)
        until_ms = int(now_ms) - int(self._idle_s * 1000)
        idle = self._idle(until_ms)
        for tenant, attempt_id, partition, last_us in idle:
            event = self._end(tenant, attempt_id, last_us)
            self._publisher.queue(EVENTS, event, attempt_id, partition)
        self._publisher.flush()
        if len(idle) < _LIMIT:
            self._since_ms = until_ms
        return len(idle)

    def _idle(self, until_ms: int) -> list[tuple[str, str, int, int]]:
        parameters = {
            "since": self._since_ms,
            "until": until_ms,
            "partitions": sorted(self._partitions),
            "limit": _LIMIT,
        }
        rows = self._clickhouse.query(_IDLE, parameters)
        return [(str(t), str(a), int(part), int(us)) for t, a, part, us in rows]

    def _end(self, tenant: str, attempt_id: str, last_us: int) -> AttemptEnded:
        return AttemptEnded(
            event_id=f"idle-{uuid.uuid5(_NAMESPACE, f'{tenant}/{attempt_id}')}",
            tenant=tenant,
            attempt_id=attempt_id,
            at=moment(last_us),
            status="abandoned",
            reason=f"no event for {self._idle_s:g} s",
        )
