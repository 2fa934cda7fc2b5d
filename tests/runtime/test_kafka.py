"""Consumers of a group: one that was expelled does not go on as if nothing happened."""

import time
from collections.abc import Callable

import pytest
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition
from support.polling import eventually

from pilotfish.runtime.kafka import Rebalanced, consumer, subscribe
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import (
    ConfigurationError,
    PilotfishError,
    UnavailableError,
)
from pilotfish.schemas.ids import new_id
from pilotfish.schemas.topics import LABELS

SESSION_MS = 6000
"""The shortest that the broker allows."""


def test_an_expelled_consumer_hears_of_it_and_then_fails(settings: Settings) -> None:
    said: list[str] = []
    limits = {"session.timeout.ms": SESSION_MS, "max.poll.interval.ms": SESSION_MS}
    member = consumer(settings, f"test-{new_id()}", **limits)
    subscribe(
        *(member, [LABELS]),
        lambda *_: said.append("assigned"),
        lambda *_: said.append("revoked"),
    )
    _poll_until(member, lambda: "assigned" in said)
    time.sleep(SESSION_MS / 1000 + 1)
    with pytest.raises(UnavailableError, match="consumer group"):
        _poll_until(member, lambda: False)
    assert said[:2] == ["assigned", "revoked"]
    member.close()


def _refused(*_: object) -> None:
    raise KafkaException(KafkaError(KafkaError.GROUP_AUTHORIZATION_FAILED))


def _ask_for_nothing(member: Consumer, _: object) -> None:
    member.get_watermark_offsets(TopicPartition(LABELS.name, 1000))


@pytest.mark.parametrize(
    ("assigned", "raised"),
    [(_ask_for_nothing, UnavailableError), (_refused, ConfigurationError)],
)
def test_what_kafka_answers_in_a_rebalance_leaves_the_poll_as_an_error_of_ours(
    settings: Settings, assigned: Rebalanced, raised: type[PilotfishError]
) -> None:
    member = consumer(settings, f"test-{new_id()}")
    subscribe(member, [LABELS], assigned, lambda *_: None)
    with pytest.raises(raised, match="rebalancing"):
        _poll_until(member, lambda: False)
    member.close()


def _poll_until(member: Consumer, done: Callable[[], bool]) -> None:
    def polled() -> bool:
        member.poll(0.1)
        return done()

    eventually(polled)
