"""A small advisor over real Kafka, and a reader of events, for tests of the SDK."""

import threading
import time
from collections.abc import Callable
from contextlib import suppress

from confluent_kafka import Consumer, KafkaException, TopicPartition
from support.polling import PATIENCE_S, eventually

from pilotfish._sdk.transport.transport import Advise, scripted_hint
from pilotfish.runtime.kafka import consumer, headers, producer
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.advice import AdviceRequested
from pilotfish.schemas.codec import decode, encode, headers_of
from pilotfish.schemas.events import Event
from pilotfish.schemas.topics import ADVICE_REPLIES, ADVICE_REQUESTS, EVENTS, Topic


def from_the_end(settings: Settings, topic: Topic) -> Consumer:
    """Return a consumer of all partitions that starts at their ends."""
    reader = consumer(settings, f"test-{settings.tenant}", **{"fetch.wait.max.ms": 10})
    metadata = reader.list_topics(topic.name, timeout=60).topics[topic.name]
    reader.assign([_end(reader, topic.name, number) for number in metadata.partitions])
    return reader


def _end(reader: Consumer, topic: str, partition: int) -> TopicPartition:
    """Return the end; a topic created just now has no leader for a moment."""
    place = TopicPartition(topic, partition)

    def end() -> bool:
        with suppress(KafkaException):
            _, place.offset = reader.get_watermark_offsets(place, timeout=60)
            return True
        return False

    eventually(end)
    return place


class EventReader:
    """Reads what one tenant publishes from now on, in the order of each partition."""

    def __init__(self, settings: Settings) -> None:
        self._tenant = settings.tenant
        self._reader = from_the_end(settings, EVENTS)
        self.partitions: dict[str, set[int]] = {}
        self.events: list[Event] = []

    def until(
        self, enough: Callable[[list[Event]], bool], within_s: float = PATIENCE_S
    ) -> list[Event]:
        """Read until `enough`, or until the time is over; return all events read."""
        deadline = time.monotonic() + within_s
        while not enough(self.events) and time.monotonic() < deadline:
            self._read(0.2)
        return self.events

    def close(self) -> None:
        self._reader.close()

    def _read(self, timeout_s: float) -> None:
        for record in self._reader.consume(500, timeout_s):
            event = decode(EVENTS, record.value(), headers(record))
            assert isinstance(event, Event)
            assert record.key() == event.attempt_id.encode()
            if event.tenant == self._tenant:
                self.events.append(event)
                places = self.partitions.setdefault(event.attempt_id, set())
                places.add(record.partition() or 0)


class StandInAdvisor:
    """Answers one tenant's requests in a thread; `advise` None leaves them unanswered."""

    def __init__(self, settings: Settings) -> None:
        self.advise: Advise | None = lambda _: None
        self.delay_s = 0.0
        self.requests: list[AdviceRequested] = []
        self._tenant = settings.tenant
        self._reader = from_the_end(settings, ADVICE_REQUESTS)
        self._producer = producer(settings, **{"linger.ms": 0})
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def close(self) -> None:
        self._ending.set()
        self._thread.join()
        self._reader.close()

    def _run(self) -> None:
        while not self._ending.is_set():
            for record in self._reader.consume(100, 0.05):
                request = decode(ADVICE_REQUESTS, record.value(), headers(record))
                assert isinstance(request, AdviceRequested)
                if request.tenant == self._tenant:
                    self._answer(request)

    def _answer(self, request: AdviceRequested) -> None:
        self.requests.append(request)
        if self.advise is None:
            return
        self._ending.wait(self.delay_s)
        hint = scripted_hint(request, self.advise(request))
        assert request.reply_topic == ADVICE_REPLIES.name
        self._producer.produce(
            request.reply_topic,
            key=request.client_id,
            value=encode(hint),
            headers=headers_of(hint),
            partition=request.reply_partition,
        )
        self._producer.flush(60)
