"""How far behind a service is, measured by a client of its own.

A consumer knows the ends of its partitions only while it fetches: one that is paused,
stuck or full would look as if it had caught up.
"""

from collections.abc import Collection, Mapping
from concurrent.futures import Future
from typing import Any, Final

from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient

# The package offers it to users, but not to type checkers.
from confluent_kafka.admin._listoffsets import OffsetSpec

from pilotfish.runtime.kafka import client_config
from pilotfish.runtime.kafka_errors import mapped_errors
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.keys import Place

_TIMEOUT_S: Final = 2.0
_BEGIN: Final[Any] = OffsetSpec.earliest()  # type: ignore[no-untyped-call]
_END: Final[Any] = OffsetSpec.latest()  # type: ignore[no-untyped-call]


class Lag:
    """The lag of one consumer group; connects on first use, and is thread-safe."""

    def __init__(self, settings: Settings, group: str) -> None:
        self._settings = settings
        self._group = group
        self._admin: AdminClient | None = None

    def of(self, positions: Mapping[Place, int | None]) -> dict[Place, int]:
        """Return the records behind each position; None means the group's committed one.

        Raises:
            UnavailableError, ConfigurationError: no answer within two seconds.
        """
        if not positions:
            return {}
        with mapped_errors("asking how far topics go"):
            ends = self._offsets(positions, _END)
            unknown = [place for place, at in positions.items() if at is None]
            starts = {**positions, **self._starts(unknown)}
        return {p: max(0, end - (starts[p] or 0)) for p, end in ends.items()}

    def starts(self, places: Collection[Place]) -> dict[Place, int]:
        """Return where the group reads on in each of these places; raises as `of`."""
        with mapped_errors("asking where a group reads on"):
            return self._starts(places)

    def _starts(self, places: Collection[Place]) -> dict[Place, int]:
        """Return where the group reads on: the committed offset, if it still exists."""
        if not places:
            return {}
        begin = self._offsets(places, _BEGIN)
        partitions = [TopicPartition(*place) for place in places]
        [answer] = self._client.list_consumer_group_offsets(
            [ConsumerGroupTopicPartitions(self._group, partitions)],
            request_timeout=_TIMEOUT_S,
        ).values()
        committed = {
            (partition.topic, partition.partition): partition.offset
            for partition in answer.result().topic_partitions
        }
        return {place: max(begin[place], committed[place]) for place in places}

    def _offsets(
        self, places: Collection[Place], which: OffsetSpec
    ) -> dict[Place, int]:
        requested = {TopicPartition(*place): which for place in places}
        answers: dict[TopicPartition, Future[Any]] = self._client.list_offsets(
            requested, request_timeout=_TIMEOUT_S
        )
        return {
            (place.topic, place.partition): int(answer.result().offset)
            for place, answer in answers.items()
        }

    @property
    def _client(self) -> AdminClient:
        if self._admin is None:
            self._admin = AdminClient(client_config(self._settings) | {"log_level": 0})
        return self._admin
