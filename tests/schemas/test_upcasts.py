"""Old messages read by newer code: a version 3 of StepRecorded that exists only here."""

from collections.abc import Mapping
from typing import Any, ClassVar

import pytest

from pilotfish.schemas import events
from pilotfish.schemas.codec import decode, encode, headers_of
from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.json_schema import MESSAGES
from pilotfish.schemas.topics import EVENTS, Topic
from pilotfish.schemas.upcasts import UPCASTS, Upcast


class StepRecorded(events.EventBase):
    """Version 2 renamed `name` to `tool`, and version 3 changed seconds to milliseconds."""

    schema_version: ClassVar[int] = 3

    kind: events.StepKind
    tool: str
    duration_ms: float | None = None


def renamed(data: dict[str, Any]) -> dict[str, Any]:
    kept = ("event_id", "tenant", "attempt_id", "at", "kind", "duration_s")
    return {key: data[key] for key in kept} | {"tool": data["name"]}


def in_milliseconds(data: dict[str, Any]) -> dict[str, Any]:
    return data | {"duration_ms": data.pop("duration_s") * 1000}


TOPIC = Topic(EVENTS.name, EVENTS.key, (StepRecorded,), EVENTS.keep)
STEPS: Mapping[tuple[str, int], Upcast] = {
    ("StepRecorded", 1): renamed,
    ("StepRecorded", 2): in_milliseconds,
}
OLD = events.StepRecorded(attempt_id="a", kind="action", name="sql", duration_s=0.5)


def test_an_old_message_goes_through_every_step() -> None:
    message = decode(TOPIC, encode(OLD), headers_of(OLD), STEPS)
    assert message == StepRecorded(
        event_id=OLD.event_id,
        attempt_id="a",
        at=OLD.at,
        kind="action",
        tool="sql",
        duration_ms=500,
    )


def test_a_current_message_goes_through_none() -> None:
    new = StepRecorded(attempt_id="a", kind="action", tool="sql")
    assert decode(TOPIC, encode(new), headers_of(new), STEPS) == new


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (b"nonsense", "not JSON"),
        (b"\xff", "not JSON"),
        (b"[" * 100_000, "not JSON"),
        (b"[]", "not a JSON object"),
        (b"{}", "StepRecorded version 1 is malformed: KeyError"),
        (encode(OLD).replace(b"0.5", b"null"), "version 1 is malformed: TypeError"),
        (encode(OLD).replace(b"0.5", b"[" * 500 + b"]" * 500), "StepRecorded"),
        (encode(OLD).replace(b'"sql"', b"7"), r"StepRecorded\.tool: Input should be"),
        (encode(OLD).replace(b'"sql"', b'"\\ud800"'), "StepRecorded: Invalid JSON"),
    ],
)
def test_a_damaged_old_message_is_a_clear_error(value: bytes, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        decode(TOPIC, value, headers_of(OLD), STEPS)


def test_every_old_version_has_its_step() -> None:
    needed = {
        (m.schema_name(), v) for m in MESSAGES for v in range(1, m.schema_version)
    }
    assert set(UPCASTS) == needed
