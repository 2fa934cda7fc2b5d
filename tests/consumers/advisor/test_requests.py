import json

from confluent_kafka import Message as Record
from hypothesis import given
from hypothesis import strategies as st

from pilotfish.consumers.advisor.requests import Address, refusal
from pilotfish.schemas.topics import ADVICE_REPLIES

SENDER = {"request_id": "r1", "client_id": "c1", "reply_partition": 3}


def record(value: bytes | None) -> Record:
    return Record(value=value)


def test_who_can_be_named_is_answered() -> None:
    bad = {**SENDER, "tenant": "t", "approaches": "nonsense"}
    answer = refusal(record(json.dumps(bad).encode()), "why" * 1000)
    assert answer is not None
    hint, address = answer
    assert (hint.request_id, hint.client_id, hint.tenant) == ("r1", "c1", "t")
    assert (hint.abstained, len(hint.detail)) == ("invalid", 500)
    assert address == Address(ADVICE_REPLIES.name, 3)


@given(st.binary() | st.none() | st.sampled_from(sorted(SENDER)))
def test_who_cannot_be_named_is_not(value: bytes | str | None) -> None:
    if isinstance(value, str):  # one necessary field is missing
        value = json.dumps({k: v for k, v in SENDER.items() if k != value}).encode()
    assert refusal(record(value), "why") is None
