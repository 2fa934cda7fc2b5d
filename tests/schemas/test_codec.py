import json
from contextlib import nullcontext, suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.drawn_messages import messages

from pilotfish.schemas.advice import (
    MAX_ADVICE_PROBLEM,
    MAX_APPROACHES,
    AdviceRequested,
)
from pilotfish.schemas.base import Message, RawMessage, utc_now
from pilotfish.schemas.codec import decode, encode, headers_of
from pilotfish.schemas.errors import SchemaError, UnknownVersionError
from pilotfish.schemas.events import MAX_PROBLEM, Agent, AttemptStarted, StepRecorded
from pilotfish.schemas.labels import AttemptLabelled, Evidence
from pilotfish.schemas.topics import (
    ADVICE_REQUESTS,
    COLLECTOR_TRACES,
    EVENTS,
    LABELS,
    MAX_MESSAGE_BYTES,
    TOPICS,
    TRACES,
    Topic,
)
from pilotfish.schemas.traces import TraceExport
from pilotfish.streams.attempts.assembly import MAX_SIGNALS

TOPIC_MESSAGES = [(topic, kind) for topic in TOPICS for kind in topic.messages]
STEP = {
    "event_id": "e",
    "attempt_id": "a",
    "at": "2026-01-02T03:04:05Z",
    "kind": "action",
    "name": "sql",
}
HEADERS = [("schema", b"StepRecorded"), ("version", b"1")]


def read(value: bytes | None, headers: Any = HEADERS) -> Message:
    return decode(EVENTS, value, headers)


def step(**changes: object) -> bytes:
    return json.dumps({**STEP, **changes}).encode()


@pytest.mark.parametrize(("topic", "kind"), TOPIC_MESSAGES)
@given(data=st.data())
def test_an_encoded_message_is_decoded_unchanged(
    topic: Topic, kind: type[Message], data: st.DataObject
) -> None:
    message = data.draw(messages(kind))
    assert decode(topic, encode(message), headers_of(message)) == message


@given(st.binary(max_size=200), st.sampled_from(EVENTS.messages))
def test_any_bytes_are_a_message_or_a_clear_error(
    value: bytes, kind: type[Message]
) -> None:
    headers = [("schema", kind.__name__.encode()), ("version", b"1")]
    with pytest.raises(SchemaError, match=kind.__name__):
        read(value, headers)


@given(messages(AttemptStarted), st.data())
def test_a_damaged_byte_raises_nothing_but_a_schema_error(
    message: Message, data: st.DataObject
) -> None:
    value = bytearray(encode(message))
    place = data.draw(st.integers(0, len(value) - 1))
    value[place] = data.draw(st.integers(0, 255))
    with suppress(SchemaError):
        read(bytes(value), headers_of(message))


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "no value"),
        (b"", "Invalid JSON"),
        (b"nonsense", "Invalid JSON"),
        (b"null", "should be an object"),
        (b"[1]", "should be an object"),
        (b'{"name": "\xff"}', "invalid unicode"),
        (b'{"name": "\\ud800"}', "Invalid JSON"),
        (step(name=7), r"StepRecorded\.name: Input should be a valid string"),
        (step(name=None), r"StepRecorded\.name"),
        (step(kind="dance"), r"StepRecorded\.kind: Input should be 'thought'"),
        (step(surprise=1), r"StepRecorded\.surprise: Extra inputs"),
        (step(at="1970-01-01T00:00:00Z"), "greater than or equal to 2020-01-01"),
        (step(at="2100-01-01T00:00:00Z"), "less than 2100-01-01"),
        (step(at="0001-01-01T00:00:00+14:00"), "greater than or equal to 2020-01-01"),
        (step(at="9999-12-31T23:59:59-14:00"), "less than 2100-01-01"),
        (step(at="2026-01-02T03:04:05"), "should have timezone"),
        (step(attempt_id="two words"), "match pattern"),
        (step(attempt_id="line\n"), "match pattern"),
        (step(tokens=10**400), "less than or equal"),
        (step(cost=float("inf")), "less than or equal|finite"),
        (step(cost=-1), "greater than or equal"),
    ],
)
def test_an_invalid_message_is_refused_with_the_field(
    value: bytes | None, message: str
) -> None:
    with pytest.raises(SchemaError, match=message):
        read(value)


@pytest.mark.parametrize(
    "attributes", [b"[" * 100_000, b"[" * 5000 + b"]" * 5000, b"9" * 5000]
)
def test_deep_nesting_and_endless_numbers_are_refused(attributes: bytes) -> None:
    value = b'{"attempt_id": "a", "problem": "p", "attributes": {"x": %s}}' % attributes
    with pytest.raises(SchemaError, match="Invalid JSON"):
        read(value, [("schema", b"AttemptStarted"), ("version", b"1")])


@pytest.mark.parametrize("topic", TOPICS, ids=lambda topic: topic.name)
def test_a_value_larger_than_its_topic_allows_is_refused_unread(topic: Topic) -> None:
    headers = headers_of_first(topic)
    raw = issubclass(topic.messages[0], RawMessage)
    with nullcontext() if raw else pytest.raises(SchemaError, match="Invalid JSON"):
        decode(topic, b"x" * topic.max_bytes, headers)
    with pytest.raises(SchemaError, match=rf"{topic.name} allows {topic.max_bytes}$"):
        decode(topic, b"x" * (topic.max_bytes + 1), headers)


def headers_of_first(topic: Topic) -> list[tuple[str, bytes | str | None]]:
    kind = topic.messages[0]
    return [("schema", kind.schema_name()), ("version", str(kind.schema_version))]


def test_the_largest_label_and_request_are_within_the_limit() -> None:
    bad = "\x01"  # six bytes as JSON
    evidence = Evidence(kind="explicit", value=0.1, source="feedback:" + bad * 200)
    label = AttemptLabelled(
        tenant="t" * 128,
        attempt_id="a" * 128,
        version=1,
        labeller="l",
        evidence=(evidence,) * MAX_SIGNALS,
        problem=bad * MAX_PROBLEM,
        problem_type=bad * 200,
        approach=bad * 200,
        agent=Agent(name=bad * 200, version=bad * 200, model=bad * 200),
        started_at=utc_now(),
        ended_at=utc_now(),
        partition=0,
        first_offset=0,
        offset=0,
    )
    request = AdviceRequested(
        client_id="c" * 128,
        problem=bad * MAX_ADVICE_PROBLEM,
        problem_type=bad * 200,
        approaches={f"{n:02}" + bad * 198: bad * 2000 for n in range(MAX_APPROACHES)},
        agent=label.agent,
        reply_topic="replies",
        reply_partition=0,
    )
    for topic, message in ((LABELS, label), (ADVICE_REQUESTS, request)):
        assert decode(topic, encode(message), headers_of(message)) == message


def test_a_message_of_exactly_the_limit_is_read() -> None:
    started = AttemptStarted(attempt_id="a", problem="p", attributes={"x": ""})
    remaining = MAX_MESSAGE_BYTES - len(encode(started))
    started = started.model_copy(update={"attributes": {"x": "y" * remaining}})
    assert len(encode(started)) == MAX_MESSAGE_BYTES
    assert read(encode(started), headers_of(started)) == started


@pytest.mark.parametrize("left_out", ["at", "event_id"])
def test_fields_drawn_at_creation_are_never_drawn_by_a_reader(left_out: str) -> None:
    value = json.dumps({k: v for k, v in STEP.items() if k != left_out}).encode()
    with pytest.raises(SchemaError, match=rf"StepRecorded\.{left_out}: Field required"):
        read(value)


def test_a_number_that_json_lacks_is_written_as_null() -> None:
    started = AttemptStarted(
        attempt_id="a", problem="p", attributes={"x": float("nan")}
    )
    assert json.loads(encode(started))["attributes"] == {"x": None}


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        (None, "no `schema` header"),
        ([], "no `schema` header"),
        ([("schema", None), ("version", b"1")], "no `schema` header"),
        ([("schema", b"StepRecorded")], "`version` header is '', not a number"),
        ([("schema", b"StepRecorded"), ("version", b"1.0")], "'1.0', not a number"),
        ([("schema", b"StepRecorded"), ("version", "²".encode())], "not a number"),
        ([("schema", b"StepRecorded"), ("version", b"9" * 99)], "not a number"),
    ],
)
def test_missing_and_malformed_headers_are_refused(headers: Any, message: str) -> None:
    with pytest.raises(SchemaError, match=message) as caught:
        read(step(), headers)
    assert not isinstance(caught.value, UnknownVersionError)


@pytest.mark.parametrize(
    ("schema", "version", "message"),
    [
        (
            b"StepRecorded",
            b"2",
            r"version 2 is unknown to this pilotfish \(newest: 1\); upgrade it",
        ),
        (b"StepRecorded", b"0", "version 0"),
        (b"HintGiven", b"1", "does not belong in pilotfish.events, which has Attempt"),
        (b"\xff\xfe", b"1", "does not belong"),
        (b"x" * 1000, b"1", "schema 'x{80}' does not belong"),
    ],
)
def test_errors_about_unknown_schemas_and_versions_name_the_known_ones(
    schema: bytes, version: bytes, message: str
) -> None:
    with pytest.raises(UnknownVersionError, match=message):
        read(step(), [("schema", schema), ("version", version)])


def test_headers_may_be_text_and_other_headers_are_ignored() -> None:
    headers = [("trace", None), ("schema", "StepRecorded"), ("version", "1")]
    message = read(step(), headers)
    assert isinstance(message, StepRecorded) and message.name == "sql"


def test_a_raw_message_has_its_body_as_value_and_its_fields_as_headers() -> None:
    export = TraceExport(tenant="t", encoding="json", body=b"\xff\x00")
    assert encode(export) == b"\xff\x00"
    assert dict(headers_of(export))["tenant"] == b"t"
    assert decode(TRACES, encode(export), headers_of(export)) == export


def test_what_a_collector_publishes_has_no_headers() -> None:
    assert decode(COLLECTOR_TRACES, b"\n", None) == TraceExport(body=b"\n")


def test_a_wrong_header_of_a_raw_message_is_named() -> None:
    headers = [*headers_of(TraceExport(body=b""))[:2], ("encoding", b"xml")]
    with pytest.raises(SchemaError, match=r"TraceExport\.encoding"):
        decode(TRACES, b"", headers)
