"""Events on their way to Kafka, and on disk while it does not take them."""

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Final, cast

from pilotfish._sdk.spool.spool import Place, Spool
from pilotfish._sdk.transport.kafka_events import EventProducer
from pilotfish._sdk.transport.transport import Failure, Settled
from pilotfish._sdk.warnings import Warnings
from pilotfish.schemas.codec import decode, encode
from pilotfish.schemas.events import Event
from pilotfish.schemas.topics import EVENTS

_STALLED_S: Final = 1.0
"""So long an event is under way before it is written to disk, too, and Kafka may be
silent before it gets no more."""
_AGAIN_S: Final = 1.0
"""Between a failure and the next try."""
_LOOK_S: Final = 10.0
"""Between looks for what processes that are gone have left."""
_AT_ONCE: Final = 500
"""Events from disk between two looks at what is new."""


@dataclass(slots=True, eq=False)
class _Flight:
    """An event that Kafka's client holds; `settled` hears of those that are not on disk."""

    text: bytes
    settled: Settled | None = None
    place: Place | None = None
    since: float = 0.0


class SpoolingProducer:
    """An `EventProducer` that always has room, with a spool for what it cannot send.

    Straight to Kafka goes an event only where no older one waits on disk. It goes to the
    spool while Kafka acknowledges nothing, while Kafka's client is full, and at the end.
    Before that, and after a second, so does all that is under way; it stays with Kafka's
    client, too, and is marked on disk once it is acknowledged. So every attempt's events
    stay in order, and nothing is sent again unless its process is killed between the two.
    """

    def __init__(
        self, producer: EventProducer, spool: Spool, warnings: Warnings
    ) -> None:
        self._producer = producer
        self._spool = spool
        self._warnings = warnings
        self.spool = spool.counts
        self._in_flight = 0
        self._unsheltered: dict[_Flight, None] = {}
        self._returned: deque[_Flight] = deque()
        self._acknowledged: list[Place] = []
        self._last_answer = 0.0
        self._again_at = 0.0
        self._look_at = 0.0
        self._keeping = False

    def publish(self, event: Event, settled: Settled) -> bool:
        """Send or spool an event.

        Raises:
            SchemaError: this event can never be sent.
        """
        flight = _Flight(_text(event), settled)
        if self._held_up() or not self._launch(flight, event):
            self._shelter()
            self._spool.add(flight.text)
        return True

    def poll(self, timeout_s: float) -> None:
        """Hear what Kafka says; send what waits on disk, some of it each time."""
        self._producer.poll(timeout_s)
        self._mark()
        if time.monotonic() >= self._look_at:
            self._look_at = time.monotonic() + _LOOK_S
            self._spool.take_over()
        if self._overdue():
            self._shelter()
        if not (self._keeping or self._stalled() or time.monotonic() < self._again_at):
            self._forward()

    def answers(self, timeout_s: float) -> bool:
        return self._producer.answers(timeout_s)

    def keep(self) -> bool:
        """Put on disk what is under way, and from now on all that comes."""
        self._keeping = True
        self._shelter()
        return True

    def close(self) -> None:
        """Give up what is not acknowledged; it stays on disk."""
        self._producer.close()
        self._mark()
        self._spool.close()

    def _held_up(self) -> bool:
        waiting = self._returned or self._spool.backlog
        return bool(waiting) or self._keeping or self._stalled()

    def _stalled(self) -> bool:
        silent_s = time.monotonic() - self._last_answer
        return self._in_flight > 0 and silent_s > _STALLED_S

    def _overdue(self) -> bool:
        oldest = next(iter(self._unsheltered), None)
        return oldest is not None and time.monotonic() - oldest.since > _STALLED_S

    def _launch(self, flight: _Flight, event: Event) -> bool:
        if not self._producer.publish(event, partial(self._on_settled, flight)):
            return False
        flight.since = time.monotonic()
        if not self._in_flight:
            self._last_answer = flight.since
        self._in_flight += 1
        if flight.place is None:
            self._unsheltered[flight] = None
        return True

    def _on_settled(self, flight: _Flight, failure: Failure | None) -> None:
        self._in_flight -= 1
        self._unsheltered.pop(flight, None)
        if failure is None:
            self._last_answer = time.monotonic()
        if failure is not None and not failure.final:
            self._give_back(flight, failure)
        elif flight.place is None:
            assert flight.settled is not None
            flight.settled(failure)
        else:
            self._acknowledged.append(flight.place)
            self._count(failure)

    def _give_back(self, flight: _Flight, failure: Failure) -> None:
        self._again_at = time.monotonic() + _AGAIN_S
        if flight.place is None:
            self._spool.add(flight.text)
        else:
            self._returned.append(flight)
        if not self._keeping:
            self._warnings.once(failure.reason, "events go to the spool")

    def _count(self, failure: Failure | None) -> None:
        if failure is None:
            self.spool.sent += 1
        else:
            self.spool.failed += 1
            self._warnings.once(failure.reason, "an event did not arrive")

    def _shelter(self) -> None:
        flights, self._unsheltered = list(self._unsheltered), {}
        if flights:
            self._warnings.once("Kafka does not take them", "events go to the spool")
        places = self._spool.shelter(flight.text for flight in flights)
        for flight, place in zip(flights, places, strict=True):
            flight.place = place

    def _mark(self) -> None:
        settled, self._acknowledged = self._acknowledged, []
        self._spool.settle(settled)

    def _forward(self) -> None:
        for flight in islice(self._from_disk(), _AT_ONCE):
            try:
                taken = self._launch(flight, _event(flight.text))
            except ValueError as error:  # SchemaError is one
                self._refuse(flight, str(error))
            else:
                if not taken:
                    self._returned.appendleft(flight)
                    return

    def _from_disk(self) -> Iterator[_Flight]:
        while self._returned:
            yield self._returned.popleft()
        while (taken := self._spool.take()) is not None:
            place, text = taken
            yield _Flight(text, place=place)

    def _refuse(self, flight: _Flight, reason: str) -> None:
        assert flight.place is not None
        self._spool.refuse(flight.place, reason)


def _text(event: Event) -> bytes:
    """Return an event as the spool keeps it: schema, version and value."""
    named = f"{event.schema_name()} {event.schema_version} "
    return named.encode() + encode(event)


def _event(text: bytes) -> Event:
    schema, version, value = text.split(b" ", 2)
    event = decode(EVENTS, value, [("schema", schema), ("version", version)])
    return cast("Event", event)
