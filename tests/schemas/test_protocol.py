"""What docs/protocol.md says of topics, limits and fields is so."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from pydantic import ValidationError

from pilotfish.schemas.advice import (
    MAX_ADVICE_PROBLEM,
    MAX_APPROACHES,
    MAX_STEP_CONTENT,
    MAX_STEPS,
    AdviceRequested,
)
from pilotfish.schemas.base import Message
from pilotfish.schemas.codec import decode
from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.events import (
    MAX_CONTENT,
    MAX_PROBLEM,
    AttemptEnded,
    AttemptStarted,
    HintMark,
    StepRecorded,
)
from pilotfish.schemas.topics import EVENTS, MAX_MESSAGE_BYTES, TOPICS

PAGE = (Path(__file__).parents[2] / "docs/protocol.md").read_text()
EVENT = {"event_id": "e", "attempt_id": "a", "at": "2026-05-01T12:00:00.123Z"}


def test_the_page_has_every_topic_as_it_is() -> None:
    row = r"^\| `(pilotfish\.[\w.]+)` \| (.+?) \| (\d+) \| (.+?) \|"
    rows = re.findall(row, PAGE, re.MULTILINE)
    assert set(rows) == {
        (
            topic.name,
            topic.key,
            str(topic.partitions),
            ", ".join(message.schema_name() for message in topic.messages),
        )
        for topic in TOPICS
    }


def test_the_limits_are_those_of_the_schemas() -> None:
    table = PAGE.split("## Limits")[1]
    limits = dict(re.findall(r"^\| ?(.+?) ?\| ?(.+?) ?\|$", table, re.MULTILINE))
    assert limits == {
        "what": "at most",
        "a value as JSON": f"1 MB ({MAX_MESSAGE_BYTES} bytes)",
        "`content` of a step": f"{MAX_CONTENT} characters",
        "`problem` of an attempt": f"{MAX_PROBLEM} characters",
        "`problem` of a request": f"{MAX_ADVICE_PROBLEM} bytes of UTF-8",
        "`approaches` of a request": f"{MAX_APPROACHES}, with 2000 characters each",
        "`steps` of a request": f"{MAX_STEPS}, with {MAX_STEP_CONTENT} characters of "
        "`content` each",
        "names of approaches, steps and agents": "200 characters",
        "`reason` and `detail`": "4096 characters",
        "---": "---",
    }
    request = {
        "client_id": "c",
        "problem": "p",
        "reply_topic": "t",
        "reply_partition": 0,
    }
    for message, fields, field, most in (
        (AdviceRequested, request | {"approaches": {"a": ""}}, "approaches.a", 2000),
        (StepRecorded, EVENT | {"kind": "answer", "name": "n"}, "name", 200),
        (AttemptEnded, EVENT | {"status": "failed"}, "reason", 4096),
    ):
        accepts_up_to(message, fields, field, most)


def accepts_up_to(
    message: type[Message], fields: Mapping[str, object], field: str, most: int
) -> None:
    name, _, part = field.partition(".")
    for size in (most, most + 1):
        text = "x" * size
        changed = dict(fields) | {name: {part: text} if part else text}
        if size <= most:
            message.model_validate(changed)
        else:
            with pytest.raises(ValidationError, match=name):
                message.model_validate(changed)


@pytest.mark.parametrize(
    ("at", "accepted"),
    [
        ("2026-05-01T12:00:00.123Z", True),
        ("2026-05-01T14:00:00+02:00", True),
        ("2026-05-01T12:00:00", False),
        ("2019-12-31T23:59:59Z", False),
        ("2100-01-01T00:00:00Z", False),
    ],
)
def test_a_time_needs_a_zone_and_a_year_that_may_be(at: str, accepted: bool) -> None:
    value = json.dumps(EVENT | {"problem": "p", "at": at}).encode()
    head = [("schema", b"AttemptStarted"), ("version", b"1")]
    if accepted:
        assert isinstance(decode(EVENTS, value, head), AttemptStarted)
    else:
        with pytest.raises(SchemaError, match=r"AttemptStarted\.at"):
            decode(EVENTS, value, head)


def test_the_page_names_every_field_of_the_hint_that_an_attempt_copies() -> None:
    advice = PAGE.split("## Advice")[1].split("## Limits")[0]
    assert [name for name in HintMark.model_fields if f"`{name}`" not in advice] == []
