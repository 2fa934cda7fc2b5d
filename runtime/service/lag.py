"""How far behind a service is: asked of Kafka beside it, whatever its consumer does.

A consumer knows the ends of its partitions only while it fetches: one that is paused,
stuck or full would call itself caught up.
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
    """Asks for one consumer group; connects at the first question.

    May be asked by several threads.
    """

    def __init__(self, settings: Settings, group: str) -> None:
        self._settings = settings
        self._group = group
        self._admin: AdminClient | None = None

    def of(self, positions: Mapping[Place, int | None]) -> dict[Place, int]:
        """Return the records behind each position; None is one that only the group knows.

        Raises:
            UnavailableError, ConfigurationError: no answer within two seconds.
        """
        if not positions:
            return {}
        with mapped_errors("asking how far topics go"):
            ends = self._offsets(positions, _END)
            unknown = [place for place, at in positions.items() if at is None]
            known = {**positions, **self._starts(unknown)}
        return {place: max(0, end - (known[place] or 0)) for place, end in ends.items()}

    def _starts(self, places: Collection[Place]) -> dict[Place, int]:
        """Return where the group goes on: committed, but not before the beginning."""
        if not places:
            return {}
        begin = self._offsets(places, _BEGIN)
        asked = [TopicPartition(*place) for place in places]
        [answer] = self._client.list_consumer_group_offsets(
            [ConsumerGroupTopicPartitions(self._group, asked)],
            request_timeout=_TIMEOUT_S,
        ).values()
        committed = {
            (one.topic, one.partition): one.offset
            for one in answer.result().topic_partitions
        }
        return {place: max(begin[place], committed[place]) for place in places}

    def _offsets(
        self, places: Collection[Place], which: OffsetSpec
    ) -> dict[Place, int]:
        asked = {TopicPartition(*place): which for place in places}
        answers: dict[TopicPartition, Future[Any]] = self._client.list_offsets(
            asked, request_timeout=_TIMEOUT_S
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
