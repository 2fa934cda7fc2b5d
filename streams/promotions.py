"""Which advisor is in service: the compacted topic, read to its end."""

from confluent_kafka import TopicPartition

from pilotfish.schemas.advisors import AdvisorPromoted, AdvisorRolledBack
from pilotfish.schemas.codec import decode
from pilotfish.schemas.errors import SchemaError, UnavailableError
from pilotfish.schemas.settings import Settings
from pilotfish.schemas.topics import ADVISORS
from pilotfish.streams.kafka import consumer, headers, producer, publish

InService = AdvisorPromoted | AdvisorRolledBack

_TIMEOUT_S = 10.0


def in_service(settings: Settings) -> dict[str, InService]:
    """Return the newest word on each tenant, by tenant.

    Raises:
        UnavailableError: Kafka does not answer within ten seconds.
    """
    reader = consumer(settings, "pilotfish-in-service")
    newest: dict[str, InService] = {}
    try:
        place = TopicPartition(ADVISORS.name, 0)
        _, end = reader.get_watermark_offsets(place, timeout=_TIMEOUT_S)
        reader.assign([TopicPartition(ADVISORS.name, 0, 0)])
        # Before the first record the position is a negative sign, not an offset.
        while max(reader.position([place])[0].offset, 0) < end:
            record = reader.poll(_TIMEOUT_S)
            if record is None or record.error():
                raise UnavailableError(f"reading {ADVISORS.name}: no answer")
            try:
                message = decode(ADVISORS, record.value(), headers(record))
            except SchemaError:
                continue  # the advisor sets it aside; here only the rest matters
            if isinstance(message, InService):
                newest[message.tenant] = message
    finally:
        reader.close()
    return newest


def announce(settings: Settings, message: InService) -> None:
    """Publish a change of service and wait until Kafka has it.

    Raises:
        UnavailableError: Kafka did not acknowledge within ten seconds.
    """
    sender = producer(settings)
    publish(sender, ADVISORS, message.tenant, message)
    if sender.flush(_TIMEOUT_S):
        raise UnavailableError(f"Kafka at {settings.kafka} did not take the message")
