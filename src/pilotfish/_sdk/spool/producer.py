"""A producer of events that writes them to disk while Kafka does not accept them."""

import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Final, cast

from pilotfish._sdk.spool.spool import Location, Spool
from pilotfish._sdk.transport.kafka_events import EventProducer
from pilotfish._sdk.transport.transport import Failure, OnSettled
from pilotfish._sdk.warnings import Warnings
from pilotfish.schemas.codec import decode, encode
from pilotfish.schemas.events import Event
from pilotfish.schemas.topics import EVENTS

_STALLED_S: Final = 1.0
"""How long an event is in flight before it is written to disk, too; and how long Kafka
may acknowledge nothing before it is sent nothing more."""
_RETRY_S: Final = 1.0
"""From a failed delivery to the next try."""
_TAKE_OVER_EVERY_S: Final = 10.0
"""Between two searches for files of ended processes."""
_FORWARD_BATCH: Final = 500
"""Events sent from disk before new events get a turn."""


@dataclass(slots=True, eq=False)
class _InFlight:
    """An event that Kafka's client holds; `on_settled` is for events that are not on disk."""

    text: bytes
    on_settled: OnSettled | None = None
    location: Location | None = None
    since: float = 0.0


class SpoolingProducer:
    """An `EventProducer` that always has room, with a spool for events it cannot send.

    An event is sent directly only if no older event waits on disk. It goes to the spool
    while Kafka acknowledges nothing, while Kafka's client is full, and on close. Events in
    flight are written to the spool before that, or after a second; they stay with Kafka's
    client as well, and are marked on disk once acknowledged. So the events of each attempt
    stay in order, and an event is sent twice only if its process is killed between its
    acknowledgement and its mark.
    """

    def __init__(
        self, producer: EventProducer, spool: Spool, warnings: Warnings
    ) -> None:
        self._producer = producer
        self._spool = spool
        self._warnings = warnings
        self.spool = spool.counts
        self._in_flight = 0
        self._not_on_disk: dict[_InFlight, None] = {}
        self._returned: deque[_InFlight] = deque()
        self._acknowledged: list[Location] = []
        self._last_answer = 0.0
        self._retry_at = 0.0
        self._take_over_at = 0.0
        self._spool_all = False

    def publish(self, event: Event, on_settled: OnSettled) -> bool:
        """Send or spool an event.

        Raises:
            SchemaError: this event can never be sent.
        """
        flight = _InFlight(_text(event), on_settled)
        if self._must_spool() or not self._send(flight, event):
            self._back_up()
            self._spool.add(flight.text)
        return True

    def poll(self, timeout_s: float) -> None:
        """Handle acknowledgements; send a batch of the events that wait on disk."""
        self._producer.poll(timeout_s)
        self._mark()
        if time.monotonic() >= self._take_over_at:
            self._take_over_at = time.monotonic() + _TAKE_OVER_EVERY_S
            self._spool.take_over()
        if self._overdue():
            self._back_up()
        waits_for_retry = time.monotonic() < self._retry_at
        if not (self._spool_all or self._stalled() or waits_for_retry):
            self._forward()

    def is_reachable(self, timeout_s: float) -> bool:
        return self._producer.is_reachable(timeout_s)

    def spool_everything(self) -> bool:
        """Write events in flight, and from now on every event, to disk."""
        self._spool_all = True
        self._back_up()
        return True

    def close(self) -> None:
        """Give up events that are not acknowledged; they stay on disk."""
        self._producer.close()
        self._mark()
        self._spool.close()

    def _must_spool(self) -> bool:
        older_events_wait = self._returned or self._spool.backlog
        return bool(older_events_wait) or self._spool_all or self._stalled()

    def _stalled(self) -> bool:
        silent_s = time.monotonic() - self._last_answer
        return self._in_flight > 0 and silent_s > _STALLED_S

    def _overdue(self) -> bool:
        oldest = next(iter(self._not_on_disk), None)
        return oldest is not None and time.monotonic() - oldest.since > _STALLED_S

    def _send(self, flight: _InFlight, event: Event) -> bool:
        if not self._producer.publish(event, partial(self._on_settled, flight)):
            return False
        flight.since = time.monotonic()
        if not self._in_flight:
            self._last_answer = flight.since
        self._in_flight += 1
        if flight.location is None:
            self._not_on_disk[flight] = None
        return True

    def _on_settled(self, flight: _InFlight, failure: Failure | None) -> None:
        self._in_flight -= 1
        self._not_on_disk.pop(flight, None)
        if failure is None:
            self._last_answer = time.monotonic()
        if failure is not None and not failure.final:
            self._keep_for_retry(flight, failure)
        elif flight.location is None:
            assert flight.on_settled is not None
            flight.on_settled(failure)
        else:
            self._acknowledged.append(flight.location)
            self._count(failure)

    def _keep_for_retry(self, flight: _InFlight, failure: Failure) -> None:
        self._retry_at = time.monotonic() + _RETRY_S
        if flight.location is None:
            self._spool.add(flight.text)
        else:
            self._returned.append(flight)
        if not self._spool_all:
            self._warnings.once(failure.reason, "events go to the spool")

    def _count(self, failure: Failure | None) -> None:
        if failure is None:
            self.spool.sent += 1
        else:
            self.spool.failed += 1
            self._warnings.once(failure.reason, "an event did not arrive")

    def _back_up(self) -> None:
        flights, self._not_on_disk = list(self._not_on_disk), {}
        if flights:
            self._warnings.once("Kafka does not accept them", "events go to the spool")
        locations = self._spool.back_up(flight.text for flight in flights)
        for flight, location in zip(flights, locations, strict=True):
            flight.location = location

    def _mark(self) -> None:
        acknowledged, self._acknowledged = self._acknowledged, []
        self._spool.settle(acknowledged)

    def _forward(self) -> None:
        for flight in islice(self._from_disk(), _FORWARD_BATCH):
            try:
                accepted = self._send(flight, _event(flight.text))
            except ValueError as error:  # SchemaError is one
                self._refuse(flight, str(error))
            else:
                if not accepted:
                    self._returned.appendleft(flight)
                    return

    def _from_disk(self) -> Iterator[_InFlight]:
        while self._returned:
            yield self._returned.popleft()
        while (stored := self._spool.take()) is not None:
            location, text = stored
            yield _InFlight(text, location=location)

    def _refuse(self, flight: _InFlight, reason: str) -> None:
        assert flight.location is not None
        self._spool.refuse(flight.location, reason)


def _text(event: Event) -> bytes:
    """Return an event as the spool stores it: schema, version and value."""
    header = f"{event.schema_name()} {event.schema_version} "
    return header.encode() + encode(event)


def _event(text: bytes) -> Event:
    schema, version, value = text.split(b" ", 2)
    event = decode(EVENTS, value, [("schema", schema), ("version", version)])
    return cast("Event", event)
