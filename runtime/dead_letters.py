"""Dead letters: what a service could not read, set aside with the reason."""

import base64
import json
import time
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import structlog
from confluent_kafka import KafkaError, KafkaException, Producer
from confluent_kafka import Message as Record
from pydantic import TypeAdapter, ValidationError

from pilotfish.runtime.kafka import headers
from pilotfish.schemas.base import RawMessage, utc_now
from pilotfish.schemas.codec import encode, headers_of
from pilotfish.schemas.dead import REPLAY_OF, DeadLetter, Origin, origin_of
from pilotfish.schemas.errors import DeadLetterLimitError, UnavailableError
from pilotfish.schemas.ids import Identifier
from pilotfish.schemas.topics import DEAD

_LOG = structlog.get_logger()

LIMIT: Final = 1000
WITHIN: Final = timedelta(minutes=5)

_CUT_BYTES: Final = 512 * 1024
"""What is kept of a value that Kafka refuses as too large; fits the usual 1 MB."""
_KEY_BYTES: Final = 100
"""What a log line shows of a key, which is the attempt's id for events."""
_TIMEOUT_S: Final = 30.0
_IDENTIFIER: TypeAdapter[str] = TypeAdapter(Identifier)


class DeadLetters:
    """Publishes to `pilotfish.dead` for one service.

    `put` queues and `flush` waits: a caller flushes before it marks the records as
    processed. Archive and streams both set aside events that they cannot read, so that none
    is lost while they are of different versions; and reading again after a crash, or a
    replay, may set a record aside again. The table `dead_letters` keeps one row for each
    record, by the place where it was at first.

    Args:
        producer: to Kafka.
        service: the service that sets records aside.
        clock: for the letters' times.
        seconds: for the limit; they only grow, while clocks are set back.
    """

    def __init__(
        self,
        producer: Producer,
        service: str,
        clock: Callable[[], datetime] = utc_now,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self._producer = producer
        self._service = service
        self._clock = clock
        self._seconds = seconds
        self._times: deque[float] = deque(maxlen=LIMIT)
        self._errors: list[KafkaError] = []

    def put(self, record: Record, reason: str) -> None:
        """Queue the record's raw bytes, its place, and why it could not be read; log it.

        Raises:
            DeadLetterLimitError: the 1001st within five minutes: something is wrong
                that single bad messages do not explain. Nothing is skipped.
        """
        self._put(_place(record), self.letter(record, reason))

    def put_message(self, message: RawMessage, place: Origin, reason: str) -> None:
        """Do the same with a record whose body cannot be read; raises as `put`."""
        texts = {name: _text(text) for name, text in headers_of(message)}
        self._put(place, self._letter(place, b"", message.body, texts, reason))

    def flush(self) -> None:
        """Wait until Kafka has all letters.

        Raises:
            UnavailableError: it did not take them within thirty seconds.
        """
        left = self._producer.flush(_TIMEOUT_S)
        errors, self._errors = self._errors, []
        if left or errors:
            why = errors[0].str() if errors else "no answer"
            raise UnavailableError(f"setting dead letters aside: {why}")

    def letter(self, record: Record, reason: str) -> DeadLetter:
        """Return the letter about a record; that of a replay is about the first record."""
        texts = {name: _text(text) for name, text in headers(record)}
        key, value = record.key() or b"", record.value() or b""
        return self._letter(_place(record), key, value, texts, reason)

    def _letter(
        self, here: Origin, key: bytes, value: bytes, texts: dict[str, str], reason: str
    ) -> DeadLetter:
        origin = origin_of(here, texts)
        texts.pop(REPLAY_OF, None)
        return DeadLetter(
            tenant=_tenant(texts, value),
            at=self._clock(),
            service=self._service,
            reason=reason[:4096],
            **origin._asdict(),
            key=base64.b64encode(key),
            value=base64.b64encode(value),
            headers=texts,
        )

    def _put(self, place: Origin, letter: DeadLetter) -> None:
        _LOG.warning(
            "unreadable",
            service=self._service,
            place=str(place),
            key=letter.key[:_KEY_BYTES].decode("utf-8", "replace"),
            reason=letter.reason,
        )
        self._count(letter.reason)
        self._publish(letter)

    def _count(self, reason: str) -> None:
        now = self._seconds()
        if len(self._times) == LIMIT and now - self._times[0] < WITHIN.seconds:
            raise DeadLetterLimitError(
                f"{self._service} could not read {LIMIT} records within "
                f"{WITHIN.seconds // 60} minutes, the last because of: {reason}; "
                "find the publisher, then start the service again"
            )
        self._times.append(now)

    def _publish(self, letter: DeadLetter, *, cut: bool = False) -> None:
        def delivered(error: KafkaError | None, _record: Record) -> None:
            if error is not None:
                self._refused(letter, error, cut=cut)

        try:
            self._producer.produce(
                DEAD.name,
                key=letter.key,
                value=encode(letter),
                headers=headers_of(letter),
                on_delivery=delivered,
            )
        except KafkaException as error:
            self._refused(letter, error.args[0], cut=cut)
        except BufferError as error:
            raise UnavailableError("the queue to Kafka is full") from error

    def _refused(self, letter: DeadLetter, error: KafkaError, *, cut: bool) -> None:
        if error.code() == KafkaError.MSG_SIZE_TOO_LARGE and not cut:
            self._publish(_shortened(letter), cut=True)
        else:
            self._errors.append(error)


def _shortened(letter: DeadLetter) -> DeadLetter:
    note = f"(value cut from {len(letter.value)} to {_CUT_BYTES} bytes) "
    changes = {
        "key": letter.key[:1024],
        "value": letter.value[:_CUT_BYTES],
        "reason": (note + letter.reason)[:4096],
        "headers": {},
    }
    return letter.model_copy(update=changes)


def _tenant(headers: Mapping[str, str], value: bytes) -> str:
    """Return whose data it is, where that can be read."""
    with suppress(ValueError, RecursionError, ValidationError, TypeError, KeyError):
        named = headers.get("tenant") or json.loads(value)["tenant"]
        return _IDENTIFIER.validate_python(named)
    return "default"


def _place(record: Record) -> Origin:
    return Origin(record.topic() or "", record.partition() or 0, record.offset() or 0)


def _text(header: bytes | str | None) -> str:
    if isinstance(header, bytes):
        return header.decode("utf-8", "replace")
    return header or ""
