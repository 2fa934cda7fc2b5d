"""Dead letters go out again once each, and one that fails again is no new one."""

from datetime import UTC, datetime
from typing import Any

import pytest
from confluent_kafka import Message as Record

from pilotfish.consumers.archive.rows import DEAD_LETTERS_TABLE, dead_letter_row
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.dead_letters import DeadLetters
from pilotfish.runtime.memory_broker import MemoryLog, MemoryProducer
from pilotfish.runtime.replays import DeadLetterReplay
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import UnavailableError
from pilotfish.schemas.topics import EVENTS

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
BYTES = b"\xff\x00 no text"


class Place:
    """A topic in which nobody can read anything, and its dead letters."""

    def __init__(self, settings: Settings) -> None:
        self.clickhouse = ClickHouse(settings)
        self.sent: list[Record] = []
        self.unsent = 0
        self._offset = 0

    def produce(self, topic: str, **fields: Any) -> None:
        self._offset += 1
        place = {"topic": topic, "partition": 1, "offset": 100 + self._offset}
        self.sent.append(Record(**place, **fields))

    def poll(self, timeout_s: float) -> int:
        return 0

    def flush(self, timeout_s: float) -> int:
        return self.unsent

    def fail(self, record: Record, *services: str) -> None:
        """Have services set the record aside, and the archive write that down."""
        for service in services:
            letter = DeadLetters(self, service).letter(record, f"no {service}")  # type: ignore[arg-type]
            row = dead_letter_row(letter, 0, 0)
            self.clickhouse.insert("dead_letters", DEAD_LETTERS_TABLE.columns, [row])

    def replay(self) -> int:
        """Replay all that waits; return how many went out."""
        replay = DeadLetterReplay(self.clickhouse, self, SINCE)  # type: ignore[arg-type]
        waiting, sent = replay.waiting(), 0
        while now := replay.publish(2):
            sent += now
        assert sent == waiting
        return sent

    def letters(self) -> list[tuple[Any, ...]]:
        return self.clickhouse.query(
            "SELECT source_partition, source_offset, replayed_at IS NULL, reason, headers"
            " FROM dead_letters FINAL ORDER BY source_offset"
        )


@pytest.fixture
def place(apart: Settings) -> Place:
    return Place(apart)


def record(offset: int, **fields: Any) -> Record:
    plain = {"topic": EVENTS.name, "partition": 3, "offset": offset, "key": b"k"}
    return Record(**{**plain, "value": BYTES, "headers": [("old", b"1")], **fields})


def test_each_goes_out_once_whoever_set_it_aside(place: Place) -> None:
    for offset in range(5):
        place.fail(record(offset), "archive", "streams")
    assert len(place.letters()) == 5
    assert place.replay() == 5
    assert [(sent.key(), sent.value()) for sent in place.sent] == [(b"k", BYTES)] * 5
    origins = [("replay-of", f"{EVENTS.name}/3/{n}") for n in range(5)]
    assert [sent.headers() for sent in place.sent] == [
        [("old", "1"), o] for o in origins
    ]
    assert place.replay() == 0


def test_one_that_fails_again_is_the_same_letter(place: Place) -> None:
    place.fail(record(0), "archive", "streams")
    place.fail(record(1), "streams")
    for times in range(1, 4):
        assert place.replay() == 2
        for again in place.sent[-2:]:
            place.fail(again, "streams", "archive")
        assert [row[:3] for row in place.letters()] == [(3, 0, 1), (3, 1, 1)]
        assert len(place.sent) == 2 * times
    assert {tuple(row[4].items()) for row in place.letters()} == {(("old", "1"),)}


def test_one_that_can_be_read_now_stays_as_replayed(place: Place) -> None:
    place.fail(record(0), "archive")
    place.fail(record(1), "archive")
    place.replay()
    place.fail(place.sent[1], "archive")
    assert [row[2] for row in place.letters()] == [0, 1]
    assert place.replay() == 1


def test_without_kafka_none_is_marked(place: Place) -> None:
    place.fail(record(0), "archive")
    place.unsent = 1
    with pytest.raises(UnavailableError, match="did not accept 1 of 1 messages"):
        place.replay()
    place.unsent = 0
    assert place.replay() == 1


@pytest.mark.parametrize(
    "said",
    [b"", b"nonsense", b"another.topic/1/2", b"pilotfish.events/1/-2", b"\xff/1/2"],
)
def test_a_header_that_names_no_place_in_the_topic_is_ignored(said: bytes) -> None:
    letters = DeadLetters(MemoryProducer(MemoryLog()), "archive")  # type: ignore[arg-type]
    letter = letters.letter(record(7, headers=[("replay-of", said)]), "why")
    assert (letter.topic, letter.partition, letter.offset) == (EVENTS.name, 3, 7)
