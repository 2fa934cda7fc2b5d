from contextlib import suppress

import pytest
from confluent_kafka import Message as Record
from structlog.testing import capture_logs

from pilotfish.runtime.dead_letters import LIMIT, WITHIN, DeadLetters
from pilotfish.runtime.kafka import consumer, headers, producer
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.codec import decode
from pilotfish.schemas.dead import DeadLetter
from pilotfish.schemas.errors import (
    DeadLetterLimitError,
    SchemaError,
    UnavailableError,
)
from pilotfish.schemas.topics import DEAD

NOW = utc_now()


def record(value: bytes | None = b"not json", **fields: object) -> Record:
    place = {"topic": "pilotfish.events", "partition": 2, "offset": 41, "key": b"k"}
    return Record(**(place | {"value": value} | fields))  # type: ignore[arg-type]


def nowhere(**overrides: object) -> DeadLetters:
    settings = Settings(kafka="127.0.0.1:1")
    return DeadLetters(producer(settings, **overrides), "archive", lambda: NOW)


def test_each_letter_is_a_line_of_the_log_with_place_and_key() -> None:
    with capture_logs() as lines:
        nowhere().put(record(key=b"attempt-1" + b"x" * 1000), "not JSON")
    [line] = lines
    assert line["key"].startswith("attempt-1") and len(line["key"]) == 100
    assert (line["place"], line["reason"]) == ("pilotfish.events/2/41", "not JSON")
    assert (line["service"], line["log_level"]) == ("archive", "warning")


def test_a_letter_keeps_bytes_place_and_reason() -> None:
    headers = [("schema", b"StepRecorded"), ("odd", b"\xff")]
    letter = nowhere().letter(record(b"\xff\x00", headers=headers), "not JSON")
    assert letter.value == b"\xff\x00" and letter.key == b"k"
    assert (letter.topic, letter.partition, letter.offset) == (
        "pilotfish.events",
        2,
        41,
    )
    assert letter.reason == "not JSON" and letter.service == "archive"
    assert letter.headers == {"schema": "StepRecorded", "odd": "\ufffd"}
    assert letter.at == NOW


@pytest.mark.parametrize(
    ("value", "tenant"),
    [
        (b'{"tenant": "acme"}', "acme"),
        (b'{"tenant": 7}', "default"),
        (b"[1]", "default"),
        (b"\xff", "default"),
        (None, "default"),
    ],
)
def test_the_tenant_is_read_where_it_can_be(value: bytes | None, tenant: str) -> None:
    assert nowhere().letter(record(value), "why").tenant == tenant


def test_too_many_within_five_minutes_stop_the_service() -> None:
    now = 0.0
    to = producer(Settings(kafka="127.0.0.1:1"))
    letters = DeadLetters(to, "archive", seconds=lambda: now)
    for _ in range(LIMIT):
        letters.put(record(), "bad")
    with pytest.raises(DeadLetterLimitError, match="1000 records within 5 minutes"):
        letters.put(record(), "bad")
    now += WITHIN.seconds
    letters.put(record(), "bad")


def test_a_letter_that_is_not_delivered_is_an_error() -> None:
    letters = nowhere(**{"message.timeout.ms": 200})
    letters.put(record(), "bad")
    with pytest.raises(UnavailableError, match="setting dead letters aside"):
        letters.flush()


def published(settings: Settings, reason: str) -> DeadLetter:
    reader = consumer(settings, "test-dead-letters-" + settings.tenant)
    reader.subscribe([DEAD.name])
    try:
        while (found := reader.poll(20)) is not None:
            with suppress(SchemaError):  # other tests put garbage there
                letter = decode(DEAD, found.value(), headers(found))
                assert isinstance(letter, DeadLetter)
                if letter.reason.endswith(reason):
                    return letter
    finally:
        reader.close()
    raise AssertionError("no such letter")


def test_a_letter_arrives_as_it_was(settings: Settings) -> None:
    letters = DeadLetters(producer(settings), "archive")
    letters.put(record(b"\x00\xff"), settings.tenant)
    letters.flush()
    letter = published(settings, settings.tenant)
    assert letter.value == b"\x00\xff" and letter.offset == 41


def test_a_value_too_large_for_kafka_is_cut_and_says_so(settings: Settings) -> None:
    letters = DeadLetters(producer(settings), "archive")
    letters.put(record(b"\xfe" * 9_000_000), settings.tenant)
    letters.flush()
    letter = published(settings, settings.tenant)
    assert letter.reason.startswith("(value cut from 9000000")
    assert len(letter.value) == 512 * 1024
