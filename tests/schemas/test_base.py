from datetime import UTC, datetime, timedelta, timezone

import pytest
from pydantic import TypeAdapter, ValidationError

from pilotfish.schemas.base import EARLIEST, LATEST, Message, Time, utc_now
from pilotfish.schemas.events import StepRecorded
from pilotfish.schemas.topics import TOPICS

TIME: TypeAdapter[datetime] = TypeAdapter(Time)
STEP = StepRecorded(attempt_id="a", kind="action", name="sql")


def test_a_time_of_any_zone_keeps_its_instant() -> None:
    local = datetime(2026, 1, 2, 3, tzinfo=timezone(timedelta(hours=2)))
    utc = datetime(2026, 1, 2, 1, tzinfo=UTC)
    assert TIME.validate_python(local) == utc
    assert TIME.validate_json(b'"2026-01-02T03:00:00+02:00"') == utc


@pytest.mark.parametrize("at", [EARLIEST, LATEST - timedelta(microseconds=1)])
def test_the_bounds_are_inclusive_and_exclusive(at: datetime) -> None:
    assert TIME.validate_python(at) == at


@pytest.mark.parametrize(
    "at",
    [EARLIEST - timedelta(microseconds=1), LATEST, datetime(2026, 1, 1)],  # noqa: DTZ001
)
def test_implausible_and_naive_times_are_refused(at: datetime) -> None:
    with pytest.raises(ValidationError):
        TIME.validate_python(at)


def test_now_is_aware() -> None:
    assert utc_now().tzinfo is UTC


def test_messages_are_frozen() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        STEP.name = "other"  # type: ignore[misc]


def test_messages_refuse_unknown_fields() -> None:
    with pytest.raises(ValidationError, match="Extra inputs"):
        StepRecorded.model_validate(STEP.model_dump() | {"other": 1})


def test_a_schema_is_named_after_its_class_and_has_a_version() -> None:
    for topic in TOPICS:
        for message in topic.messages:
            assert message.schema_name() == message.__name__
            assert message.schema_version >= 1


def test_ids_and_times_are_drawn_at_creation() -> None:
    class Made(Message):
        number: int = 0
        names: tuple[str, ...] = ()

    assert Made.made_at_creation() == frozenset()
    assert StepRecorded.made_at_creation() == {"event_id", "at"}
