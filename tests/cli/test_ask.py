import json
import threading
from typing import Any
from unittest.mock import Mock

import pytest
from faults.records import Record
from typer.testing import CliRunner

from pilotfish._cli.app import app
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.codec import encode, headers_of
from pilotfish.schemas.events import AttemptEnded, AttemptStarted, EventBase
from pilotfish.streams.sink import Sink
from pilotfish.streams.worker import Worker


def attempt(
    settings: Settings, name: str, status: Any, **start: Any
) -> list[EventBase]:
    own: dict[str, Any] = {"tenant": settings.tenant, "attempt_id": name}
    return [AttemptStarted(**own, **start), AttemptEnded(**own, status=status)]


def test_status_counts_the_attempts_that_teach_nothing(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    events = [
        *attempt(settings, "teaches", "succeeded", problem="p", approach="plan"),
        *attempt(settings, "no-approach", "succeeded", problem="p"),
        *attempt(settings, "no-outcome", "unknown", problem="p", approach="plan"),
        *attempt(settings, "no-problem", "failed", problem="", approach="plan"),
        *attempt(settings, "open", "unknown", problem="p")[:1],
    ]
    records = [
        Record(0, offset, event.attempt_id.encode(), encode(event), headers_of(event))
        for offset, event in enumerate(events)
    ]
    clickhouse = ClickHouse(settings)
    sink = Sink(clickhouse, Mock(), Mock())
    Worker(clickhouse, sink, threading.Event()).process(records)
    shown = CliRunner().invoke(app, ["status", "--json"])
    assert shown.exit_code == 0, shown.output
    values = json.loads(shown.output)
    assert (values["attempts"], values["labelled"]) == (5, 3)
    assert values["teach_nothing"] == 3
