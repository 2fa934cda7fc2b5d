"""An agent and a label stream, as the advisor meets them in Kafka."""

import random
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from confluent_kafka import Consumer, TopicPartition
from support.polling import PATIENCE_S

from pilotfish.consumers.advisor import handler as advisor
from pilotfish.runtime.kafka import consumer, headers, producer, publish
from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.advice import AdviceRequested, HintGiven
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.codec import decode
from pilotfish.schemas.ids import new_id
from pilotfish.schemas.labels import AttemptLabelled
from pilotfish.schemas.topics import ADVICE_REPLIES, ADVICE_REQUESTS, LABELS

APPROACHES = {
    "plan": "plan first",
    "react": "think, act, look",
    "direct": "just say it",
}


class Asker:
    """Publishes requests and collects the answers of its own client_id."""

    def __init__(self, settings: Settings) -> None:
        self.client_id = f"client-{new_id()}"
        self.hints: dict[str, list[HintGiven]] = {}
        self._settings = settings
        self._producer = producer(settings, **{"linger.ms": 0})
        self._consumer: Consumer = consumer(settings, self.client_id)
        self._partitions = range(ADVICE_REPLIES.partitions)
        places = [
            TopicPartition(ADVICE_REPLIES.name, each) for each in self._partitions
        ]
        for place in places:
            _, place.offset = self._consumer.get_watermark_offsets(place, timeout=60)
        self._consumer.assign(places)

    def close(self) -> None:
        self._consumer.close()

    def request(self, problem: str, **changes: Any) -> AdviceRequested:
        fields = {
            "tenant": self._settings.tenant,
            "client_id": self.client_id,
            "problem": problem,
            "approaches": APPROACHES,
            "reply_topic": ADVICE_REPLIES.name,
            "reply_partition": 1,
        }
        return AdviceRequested(**{**fields, **changes})

    def ask(self, problem: str, **changes: Any) -> str:
        """Publish a request; return its id."""
        request = self.request(problem, **changes)
        publish(self._producer, ADVICE_REQUESTS, request.request_id, request)
        self._producer.flush(60)
        return request.request_id

    def ask_raw(self, value: bytes, head: dict[str, str]) -> None:
        self._producer.produce(
            ADVICE_REQUESTS.name, value=value, headers=list(head.items())
        )
        self._producer.flush(60)

    def collect(self, timeout_s: float = 0.1) -> None:
        for record in self._consumer.consume(500, timeout_s):
            assert record.error() is None
            if record.key() == self.client_id.encode():
                hint = decode(ADVICE_REPLIES, record.value(), headers(record))
                assert isinstance(hint, HintGiven)
                self.hints.setdefault(hint.request_id, []).append(hint)

    def wait_for(self, request_id: str, within_s: float = PATIENCE_S) -> HintGiven:
        deadline = time.monotonic() + within_s
        while request_id not in self.hints:
            assert time.monotonic() < deadline, "no answer"
            self.collect(0.05)
        return self.hints[request_id][0]

    def answer(self, problem: str, **changes: Any) -> HintGiven:
        """Ask and wait."""
        return self.wait_for(self.ask(problem, **changes))

    def believed(self, problem: str, **changes: Any) -> dict[str, float]:
        """Return P(success) by approach, as the advisor sees it now."""
        hint = self.answer(problem, **changes)
        return {each.approach: each.p_success for each in hint.candidates}


def label(settings: Settings, number: int, **changes: Any) -> AttemptLabelled:
    """A label in the partition of its number."""
    fields: dict[str, Any] = {
        "tenant": settings.tenant,
        "attempt_id": f"{settings.tenant}-a{number}",
        "version": 1,
        "labeller": "test",
        "p_success": 1.0,
        "problem": f"w{number % 5} w7",
        "approach": "react",
        "started_at": utc_now(),
        "ended_at": utc_now(),
        "partition": number % LABELS.partitions,
        "first_offset": number,
        "offset": number,
    }
    return AttemptLabelled(**{**fields, **changes})


def publish_labels(settings: Settings, *labels: AttemptLabelled) -> None:
    to = producer(settings)
    for each in labels:
        publish(to, LABELS, each.attempt_id, each, partition=each.partition)
    assert to.flush(60) == 0


def lessons(settings: Settings, count: int, best: str) -> list[AttemptLabelled]:
    """Labels from which follows that `best` succeeds and nothing else does."""
    order = random.Random(3)
    made = []
    for number in range(count):
        approach = order.choice(list(APPROACHES))
        made.append(
            label(
                settings, number, approach=approach, p_success=float(approach == best)
            )
        )
    return made


@contextmanager
def advising(settings: Settings) -> Iterator[threading.Thread]:
    """An advisor in a thread; its errors are the test's."""
    stop = threading.Event()
    errors: list[BaseException] = []

    def serve() -> None:
        try:
            advisor.run(settings, stop, ServiceStatus())
        except BaseException as error:
            errors.append(error)
            raise

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield thread
    finally:
        stop.set()
        thread.join(60)
    assert not thread.is_alive()
    assert not errors
