"""Publishes to a log in memory, as the HTTP door's publisher does to Kafka."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from pilotfish.runtime.kafka import headers
from pilotfish.runtime.memory_broker import MemoryLog
from pilotfish.schemas.base import Message
from pilotfish.schemas.codec import decode, encode, headers_of
from pilotfish.schemas.topics import Topic


@dataclass
class MemoryPublisher:
    """Publishes to a log in memory, or fails with what a test says."""

    log: MemoryLog = field(default_factory=MemoryLog)
    failure: Exception | None = None
    broken: str = ""

    async def publish(
        self, topic: Topic, key: str, messages: Sequence[Message]
    ) -> None:
        if self.failure is not None:
            raise self.failure
        for message in messages:
            named = headers_of(message)
            self.log.append(topic.name, 0, key, encode(message), named)

    def published(self, topic: Topic) -> list[tuple[str, Message]]:
        """Return keys and messages, as a consumer reads them."""
        return [
            (
                (record.key() or b"").decode(),
                decode(topic, record.value(), headers(record)),
            )
            for record in self.log.of(topic.name)
        ]
