import json
from datetime import UTC, datetime

import pytest
from confluent_kafka import Message as Record
from confluent_kafka import TopicPartition
from support.polling import eventually
from typer.testing import CliRunner

from pilotfish._cli.app import app
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.kafka import consumer, headers
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.topics import ADVICE_REQUESTS

BYTES = b"\xff\x00 no text"


@pytest.fixture
def letter(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> str:
    """A dead letter with a time of its own; returns its reason."""
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    row = {
        "tenant": settings.tenant,
        "at": datetime(2031, 1, 1, tzinfo=UTC),
        "service": "advisor",
        "reason": settings.tenant,
        "topic": ADVICE_REQUESTS.name,
        "source_partition": 3,
        "source_offset": hash(settings.tenant) % 10**9,
        "key": b"key",
        "value": BYTES,
        "headers": {"schema": "Old"},
    }
    ClickHouse(settings).insert("dead_letters", list(row), [list(row.values())])
    return settings.tenant


def test_list_shows_origin_and_reason(letter: str) -> None:
    shown = CliRunner().invoke(app, ["dead", "list", "--json"])
    assert shown.exit_code == 0, shown.output
    [listed] = [row for row in json.loads(shown.output) if row["reason"] == letter]
    assert (listed["topic"], listed["partition"]) == (ADVICE_REQUESTS.name, 3)
    assert listed["starts_with"].endswith(" no text")


def test_replay_publishes_the_bytes_unchanged(letter: str, settings: Settings) -> None:
    reader = consumer(settings, letter)
    ends = {
        part: reader.get_watermark_offsets(TopicPartition(ADVICE_REQUESTS.name, part))[
            1
        ]
        for part in range(ADVICE_REQUESTS.partitions)
    }
    reader.assign([TopicPartition(ADVICE_REQUESTS.name, *end) for end in ends.items()])
    finished = CliRunner().invoke(app, ["dead", "replay", "--since", "2030-12-31"])
    assert finished.exit_code == 0, finished.output
    records: list[Record] = []
    place = f"{ADVICE_REQUESTS.name}/3/{hash(letter) % 10**9}".encode()

    def arrived() -> bool:
        records.extend(reader.consume(num_messages=100, timeout=0.2))
        return any(("replay-of", place) in headers(r) for r in records)

    eventually(arrived)
    reader.close()
    [record] = [r for r in records if ("replay-of", place) in headers(r)]
    assert headers(record) == [("schema", b"Old"), ("replay-of", place)]
    assert (record.key(), record.value()) == (b"key", BYTES)
    again = CliRunner().invoke(app, ["dead", "replay", "--since", "2030-12-31"])
    assert again.output == "published 0 messages again\n"
