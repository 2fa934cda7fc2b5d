"""Notices partitions that have records, of which Faust reads none although nothing hinders it.

It was reported of Faust after rebalances and broken connections: its consumer keeps its
partitions, sends heartbeats, and fetches nothing any more (faust-streaming #175, #629,
#640). Where Kafka was killed seconds after the start, Faust was seen to read nothing for
minutes; it may have had no partitions, and not have joined its group again. A process that
begins anew reads on where the group has committed.
"""

import os
from collections.abc import Mapping
from typing import Final

from confluent_kafka import OFFSET_STORED, TopicPartition

from pilotfish.runtime.kafka import consumer, topics
from pilotfish.runtime.service.lag import Lag
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import UnavailableError
from pilotfish.schemas.keys import Place
from pilotfish.schemas.topics import EVENTS

STALLED_S: Final = 90.0
"""Longer than a rebalance, which Faust gives 60 s, or than finding a broker again takes."""
_READ_S: Final = 5.0
_STALLS: Final = "_PILOTFISH_STALLS"
"""In the environment, because a process that begins anew keeps nothing else."""

Positions = Mapping[Place, int | None]


class Idleness:
    """How long each partition has had records and kept its position."""

    def __init__(self) -> None:
        self._positions: dict[Place, int | None] = {}
        self._idle_s: dict[Place, float] = {}

    def observe(
        self, positions: Positions, lag: Mapping[Place, int], elapsed_s: float
    ) -> None:
        """Note where the worker is; `elapsed_s` were not spent on a batch."""
        before, idle_s = self._positions, self._idle_s
        self._positions = dict(positions)
        self._idle_s = {
            place: idle_s.get(place, 0.0) + elapsed_s
            for place, position in positions.items()
            if lag.get(place) and place in before and before[place] == position
        }

    def longer_than(self, seconds: float) -> list[Place]:
        """Return the partitions that have been idle for so long."""
        return [place for place, idle_s in self._idle_s.items() if idle_s >= seconds]


class ReadingWatch:
    """Compares what a worker has processed with what there is to read; it may block.

    Of a worker without partitions it watches the group instead: if another worker reads,
    the group moves on.

    Args:
        settings: which Kafka.
        group: the worker's consumer group.
    """

    def __init__(self, settings: Settings, group: str) -> None:
        self._settings = settings
        self._group = group
        self._lag = Lag(settings, group)
        self._idleness = Idleness()

    def stalled(self, positions: Positions, elapsed_s: float) -> list[Place]:
        """Return the partitions that should have been read, and were not."""
        try:
            watched = positions or self._lag.starts(self._places())
            self._idleness.observe(watched, self._lag.of(watched), elapsed_s)
        except UnavailableError:
            self._idleness = Idleness()
            return []
        idle = self._idleness.longer_than(STALLED_S)
        return [place for place in idle if self._has_record(place, watched[place])]

    def _places(self) -> list[Place]:
        events = topics(self._settings).get(EVENTS.name)
        return [(EVENTS.name, number) for number in events.partitions] if events else []

    def _has_record(self, place: Place, position: int | None) -> bool:
        """Read one record; what only looks like lag, a transaction's mark, is none."""
        reader = consumer(self._settings, self._group)
        start = OFFSET_STORED if position is None else position
        reader.assign([TopicPartition(*place, start)])
        try:
            record = reader.poll(_READ_S)
        finally:
            reader.close()
        return record is not None and record.error() is None


def stalls() -> int:
    """Return how often this process, under its process id, began anew after a stall."""
    return int(os.environ.get(_STALLS, "0"))


def count_stall() -> None:
    """Count one more, for the process that this one becomes."""
    os.environ[_STALLS] = str(stalls() + 1)
