from typing import Any

from confluent_kafka import Message as Record

from pilotfish.consumers.archive.batch import read, token
from pilotfish.consumers.archive.rows import DEAD_LETTERS_TABLE, EVENTS_TABLE
from pilotfish.schemas.codec import encode, headers_of
from pilotfish.schemas.dead import DeadLetter
from pilotfish.schemas.events import FeedbackGiven
from pilotfish.schemas.topics import DEAD, EVENTS


def record(partition: int, offset: int, **changes: Any) -> Record:
    event = FeedbackGiven(event_id=f"{partition}-{offset}", attempt_id="a", value=1)
    said = {
        "topic": EVENTS.name,
        "partition": partition,
        "offset": offset,
        "value": encode(event),
        "headers": headers_of(event),
    }
    return Record(**(said | changes))


def test_records_become_rows_of_their_table() -> None:
    letter = DeadLetter(
        service="s", reason="r", topic="t", partition=0, offset=0, value=b"AA=="
    )
    dead = record(
        0, 9, topic=DEAD.name, value=encode(letter), headers=headers_of(letter)
    )
    batch = read([record(0, 5), record(1, 7), record(0, 6), dead])
    places = [
        (row.topic_partition, row.topic_offset) for row in batch.rows[EVENTS_TABLE]
    ]
    assert places == [(0, 5), (1, 7), (0, 6)]
    assert len(batch.rows[DEAD_LETTERS_TABLE]) == 1
    assert batch.next_offsets == {
        (EVENTS.name, 0): 7,
        (EVENTS.name, 1): 8,
        (DEAD.name, 0): 10,
    }
    assert batch.records == 4 and batch.unreadable == []


def test_what_is_unreadable_counts_as_read_and_keeps_its_reason() -> None:
    batch = read([record(0, 5), record(0, 6, value=b"\xff"), record(0, 7, value=None)])
    assert [row.topic_offset for row in batch.rows[EVENTS_TABLE]] == [5]
    places = [(each.offset(), reason) for each, reason in batch.unreadable]
    assert [place for place, _ in places] == [6, 7]
    assert "Invalid JSON" in places[0][1] and places[1][1] == "the record has no value"
    assert batch.next_offsets == {(EVENTS.name, 0): 8}


def test_nothing_read_is_an_empty_batch() -> None:
    batch = read([])
    assert (batch.records, batch.size_bytes, batch.rows) == (0, 0, {})


def test_the_same_rows_have_the_same_token_and_others_another() -> None:
    def of(*places: tuple[int, int]) -> str:
        return token(EVENTS_TABLE, read(record(*p) for p in places).rows[EVENTS_TABLE])

    assert of((0, 5), (1, 7), (0, 6)) == of((0, 5), (1, 7), (0, 6))
    different = {
        of((0, 5), (0, 6)),
        of((0, 5), (0, 7)),
        of((0, 4), (0, 6)),
        of((1, 5), (1, 6)),
        of((0, 5), (0, 6), (1, 0)),
    }
    assert len(different) == 5


def test_a_topic_made_again_has_other_tokens_at_the_same_places() -> None:
    event = FeedbackGiven(event_id="other", attempt_id="a", value=1)
    again = record(0, 5, value=encode(event))
    rows, rows_again = (read([r]).rows[EVENTS_TABLE] for r in (record(0, 5), again))
    assert token(EVENTS_TABLE, rows) != token(EVENTS_TABLE, rows_again)
