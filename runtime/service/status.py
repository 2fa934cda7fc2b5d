"""The status of a service: its last step, its partitions, and its position in each.

The service's thread writes it, a batch at a time; the threads that answer probes read it.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping

from pilotfish.schemas.keys import Place


class ServiceStatus:
    """What one service reports about itself.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._positions: dict[Place, int | None] = {}
        self._beat_at = clock()
        self.joined = False
        """Whether the group gave this service its partitions, be it none."""
        self.missing = ""
        """What the service lacks to be ready, in words."""

    def begin(self) -> None:
        """Start again, without partitions."""
        with self._lock:
            self._positions = {}
        self.joined = False
        self.beat()

    def beat(self, ago_s: float = 0.0) -> None:
        """Note a step of the service's loop, made just now or so many seconds ago."""
        self._beat_at = self._clock() - ago_s

    @property
    def silent_s(self) -> float:
        """Seconds since the last step."""
        return self._clock() - self._beat_at

    def gained(self, starts: Mapping[Place, int | None]) -> None:
        """Note partitions, each with the next offset to process.

        Without one: where the consumer group has committed, or the partition begins.
        """
        with self._lock:
            self._positions.update(starts)
        self.joined = True

    def lost(self, places: Iterable[Place]) -> None:
        """Note that others have these partitions now."""
        with self._lock:
            for place in places:
                self._positions.pop(place, None)

    def reached(self, ends: Mapping[Place, int]) -> None:
        """Note the next offsets to process; partitions that were lost are left out."""
        with self._lock:
            mine = self._positions.keys() & ends.keys()
            self._positions.update({place: ends[place] for place in mine})

    def positions(self) -> dict[Place, int | None]:
        """Return the next offset to process by partition, None where that is unknown."""
        with self._lock:
            return dict(self._positions)
