from typing import Any

from pilotfish.consumers.archive.batch import as_rows, token
from pilotfish.consumers.archive.rows import DEAD_LETTERS_TABLE, EVENTS_TABLE, Row
from pilotfish.runtime.service.handler import Batch, Received
from pilotfish.schemas.dead import DeadLetter
from pilotfish.schemas.events import FeedbackGiven
from pilotfish.schemas.forgotten import AttemptForgotten, TenantForgotten
from pilotfish.schemas.topics import DEAD, EVENTS


def event(partition: int, offset: int, **changes: Any) -> Received:
    fields = {"event_id": f"{partition}-{offset}", "attempt_id": "a", "value": 1}
    message = FeedbackGiven(**(fields | changes))
    return Received(message, EVENTS, partition, offset)


def rows(*events: Received) -> list[Row]:
    return as_rows(Batch(0.0, list(events))).rows[EVENTS_TABLE]


def test_messages_become_rows_of_their_table() -> None:
    letter = DeadLetter(
        service="s", reason="r", topic="t", partition=0, offset=0, value=b"AA=="
    )
    events = [event(0, 5), event(1, 7), event(0, 6), Received(letter, DEAD, 0, 9)]
    ends = {(EVENTS.name, 0): 7, (EVENTS.name, 1): 8, (DEAD.name, 0): 10}
    made = as_rows(Batch(1.5, events, ends, records=5))
    places = [
        (row.topic_partition, row.topic_offset) for row in made.rows[EVENTS_TABLE]
    ]
    assert places == [(0, 5), (1, 7), (0, 6)]
    assert len(made.rows[DEAD_LETTERS_TABLE]) == 1
    assert (made.polled_at, made.ends, made.records) == (1.5, ends, 5)


def test_an_order_to_forget_is_no_row() -> None:
    orders = (AttemptForgotten(attempt_id="a"), TenantForgotten(tenant="t"))
    received = [Received(order, EVENTS, 0, n) for n, order in enumerate(orders)]
    assert as_rows(Batch(0.0, received)).rows == {}


def test_the_same_rows_have_the_same_token_and_others_another() -> None:
    def of(*places: tuple[int, int]) -> str:
        return token(EVENTS_TABLE, rows(*(event(*place) for place in places)))

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
    again = event(0, 5, event_id="other")
    assert token(EVENTS_TABLE, rows(event(0, 5))) != token(EVENTS_TABLE, rows(again))
