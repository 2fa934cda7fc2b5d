"""Where a partition begins and ends."""

import time
from typing import Final

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from pilotfish.runtime.retry import waits

_TIMEOUT_S: Final = 10.0
_LEADERLESS: Final = (
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
)
"""Kafka's errors for a partition of a new topic, or while its broker is away."""


def watermarks(reader: Consumer, place: TopicPartition) -> tuple[int, int]:
    """Return the offsets of the first record and of the next one.

    Raises:
        KafkaException: Kafka does not answer, or names no leader, within ten seconds.
    """
    deadline = time.monotonic() + _TIMEOUT_S
    for wait_s in waits():
        try:
            low, high = reader.get_watermark_offsets(place, timeout=_TIMEOUT_S)
        except KafkaException as error:
            waits_for_leader = error.args[0].code() in _LEADERLESS
            if not waits_for_leader or time.monotonic() > deadline:
                raise
            time.sleep(wait_s)
        else:
            return int(low), int(high)
    raise AssertionError("waits() never ends")
