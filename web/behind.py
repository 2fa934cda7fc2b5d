"""What is behind the door: what its endpoints and tools ask."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass

from pilotfish._sdk.transport.kafka_advice import AdviceChannel
from pilotfish._sdk.warnings import Warnings
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.ids import new_id
from pilotfish.web.advice import MAX_DEADLINE_MS, Channel
from pilotfish.web.console.reading import ClickHouseReading, Reading
from pilotfish.web.knowledge import ClickHouseKnowledge, Knowledge
from pilotfish.web.publisher import KafkaPublisher, Publisher


@dataclass(frozen=True, slots=True)
class Behind:
    """What the endpoints and tools use.

    Args:
        publisher: publishes to Kafka.
        channel: asks the advisor.
        client_id: the key of the replies on that channel.
        knowledge: asks the tables.
        reading: answers the statements of the console's pages.
    """

    publisher: Publisher
    channel: Channel
    client_id: str
    knowledge: Knowledge
    reading: Reading


@contextmanager
def opened(settings: Settings) -> Iterator[Behind]:
    """Open all of it until the block is left; waits for no server.

    Raises:
        ConfigurationError: a setting is wrong.
    """
    client_id = new_id()
    longest_s = MAX_DEADLINE_MS / 1000
    with (
        KafkaPublisher(settings) as publisher,
        closing(AdviceChannel(settings, client_id, longest_s, Warnings())) as channel,
        closing(ClickHouseKnowledge(settings)) as knowledge,
        closing(ClickHouseReading(settings)) as reading,
    ):
        yield Behind(publisher, channel, client_id, knowledge, reading)
