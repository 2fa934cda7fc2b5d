"""Kafka as the model test sees it: a log in memory whose clients fail where told."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from confluent_kafka import Message, TopicPartition

PARTITIONS = 2
Place = tuple[str, int]


class CrashError(Exception):
    """What a kill looks like from inside."""


@dataclass
class Trouble:
    """Lets one of the next calls of a service to a server fail.

    Args:
        left: calls until then; None for never.
        error: what the call raises, before or after it took effect.
    """

    left: int | None = None
    error: Exception = field(default_factory=CrashError)

    def call(self, effect: Callable[[], Any]) -> Any:
        """Make a call; a point of failure lies on either side of its effect."""
        self._point()
        result = effect()
        self._point()
        return result

    def _point(self) -> None:
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                self.left = None
                raise self.error


@dataclass
class MemoryLog:
    """Records by topic and partition, and what each consumer group committed."""

    records: dict[Place, list[Message]] = field(
        default_factory=lambda: defaultdict(list)
    )
    committed: dict[tuple[str, str, int], int] = field(
        default_factory=lambda: defaultdict(int)
    )

    def append(
        self, topic: str, partition: int, key: Any, value: Any, headers: Any
    ) -> None:
        place = self.records[topic, partition]
        raw = [(name, _bytes(text)) for name, text in dict(headers).items()]
        place.append(
            Message(
                topic=topic,
                partition=partition,
                offset=len(place),
                key=_bytes(key),
                value=_bytes(value),
                headers=raw,
            )
        )

    def of(self, topic: str) -> list[Message]:
        """Return all records of a topic."""
        return [r for one in range(PARTITIONS) for r in self.records[topic, one]]


class MemoryProducer:
    """Appends what is produced at `flush`, as late as Kafka's client may."""

    def __init__(self, log: MemoryLog, trouble: Trouble) -> None:
        self._log = log
        self._trouble = trouble
        self._queued: list[tuple[Any, ...]] = []

    def produce(
        self,
        topic: str,
        value: Any = None,
        key: Any = None,
        *,
        headers: Any = (),
        partition: int = 0,
        on_delivery: Any = None,
    ) -> None:
        del on_delivery  # nothing of it fails but by `flush`
        self._queued.append((topic, partition, key, value, headers))

    def poll(self, _timeout_s: float = 0.0) -> int:
        return 0

    def flush(self, _timeout_s: float = 0.0) -> int:
        queued, self._queued = self._queued, []
        for one in queued:
            self._trouble.call(lambda one=one: self._log.append(*one))
        return 0


class MemoryConsumer:
    """The only member of its group; it is given its partitions at the next `consume`."""

    def __init__(self, log: MemoryLog, group: str, trouble: Trouble) -> None:
        self._log = log
        self._group = group
        self._trouble = trouble
        self._topics: list[str] = []
        self._on_assign: Callable[..., None] | None = None
        self._on_revoke: Callable[..., None] | None = None
        self._at: dict[Place, int] = {}
        self._paused: set[Place] = set()
        self.rebalance_due = True
        self.at_once = 3
        """Records of a partition in one `consume`, at most."""

    def subscribe(
        self,
        topics: list[str],
        on_assign: Any = None,
        on_revoke: Any = None,
        on_lost: Any = None,
    ) -> None:
        del on_lost  # it is the only member: nobody expels it
        self._topics, self._on_assign, self._on_revoke = topics, on_assign, on_revoke

    def consume(self, _most: int, _timeout_s: float) -> list[Message]:
        found: list[Message] = []
        for place in sorted(self._at.keys() - self._paused):
            new = self._log.records[place][self._at[place] :][: self.at_once]
            self._at[place] += len(new)
            found += new
        self.poll(0)  # what was read before a rebalance is given out all the same
        return found

    def poll(self, _timeout_s: float) -> None:
        if self.rebalance_due:
            self._rebalance()

    def assign(self, places: list[TopicPartition]) -> None:
        self._at = {(p.topic, p.partition): max(p.offset, 0) for p in places}

    def unassign(self) -> None:
        self._at = {}

    def assignment(self) -> list[TopicPartition]:
        return [TopicPartition(*place) for place in self._at]

    def pause(self, places: Iterable[TopicPartition]) -> None:
        self._paused |= {(p.topic, p.partition) for p in places}

    def resume(self, places: Iterable[TopicPartition]) -> None:
        self._paused -= {(p.topic, p.partition) for p in places}

    def commit(self, offsets: list[TopicPartition] | None = None, **_how: Any) -> None:
        if offsets is None:
            offsets = [TopicPartition(*place, at) for place, at in self._at.items()]
        for one in offsets:
            self._log.committed[self._group, one.topic, one.partition] = one.offset

    def committed(
        self, places: list[TopicPartition], **_how: Any
    ) -> list[TopicPartition]:
        def offset(p: TopicPartition) -> int:
            return self._log.committed[self._group, p.topic, p.partition]

        return [TopicPartition(p.topic, p.partition, offset(p)) for p in places]

    def get_watermark_offsets(
        self, place: TopicPartition, **_how: Any
    ) -> tuple[int, int]:
        return 0, len(self._log.records[place.topic, place.partition])

    def close(self) -> None:
        """Leave without a word, as a killed one does."""

    def _rebalance(self) -> None:
        self.rebalance_due = False
        places = [
            TopicPartition(topic, one, self._log.committed[self._group, topic, one])
            for topic in self._topics
            for one in range(PARTITIONS)
        ]
        if self._on_revoke is not None and self._at:
            self._on_revoke(self, self.assignment())
        self.assign(places)  # the callback may do it otherwise
        if self._on_assign is not None:
            self._on_assign(self, places)


def _bytes(text: Any) -> Any:
    return text.encode() if isinstance(text, str) else text
