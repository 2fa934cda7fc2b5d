import json
import threading
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from faults.records import Record
from typer.testing import CliRunner

from pilotfish._cli.app import app
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.codec import encode, headers_of
from pilotfish.schemas.events import (
    AttemptEnded,
    AttemptStarted,
    EventBase,
    SignalRecorded,
    StepRecorded,
)
from pilotfish.streams import labelling
from pilotfish.streams.labelling import load
from pilotfish.streams.sink import Sink
from pilotfish.streams.worker import Worker


@pytest.fixture
def labelled(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> str:
    """Let the worker label an attempt that went in circles; return its id."""
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    load()
    own: dict[str, Any] = {"tenant": settings.tenant, "attempt_id": "round-and-round"}
    events: list[EventBase] = [
        AttemptStarted(**own, problem="p", approach="react"),
        *(
            StepRecorded(**own, kind="action", name="sql", content="SELECT 1")
            for _ in range(3)
        ),
        StepRecorded(**own, kind="answer", name="answer", content="Sorry, no."),
        SignalRecorded(**own, kind="verifier", value=0.25),
        AttemptEnded(**own, status="unknown", reason="max steps reached"),
    ]
    records = [
        Record(0, at, b"round-and-round", encode(one), headers_of(one))
        for at, one in enumerate(events)
    ]
    clickhouse = ClickHouse(settings)
    sink = Sink(clickhouse, Mock(), Mock())
    Worker(clickhouse, sink, threading.Event()).process(records)
    return "round-and-round"


def said(*arguments: str) -> str:
    done = CliRunner().invoke(
        app, ["labels", "explain", *arguments], env={"COLUMNS": "200"}
    )
    assert done.exit_code == 0, done.output
    return done.output


def test_json_has_every_vote_and_the_label(labelled: str) -> None:
    known = json.loads(said(labelled, "--json"))
    assert known["p_success"] == 0.25
    assert known["votes"] == {
        "verifier": 0.25,
        "action_loop": 0.0,
        "step_budget_exhausted": 0.0,
        "refused_answer": 0.0,
    }
    assert [one["kind"] for one in known["evidence"]] == ["verifier"]
    assert known["right"].keys() == known["votes"].keys()
    assert all(0.5 < share < 1 for share in known["right"].values())


def test_people_see_who_said_what_and_why(labelled: str) -> None:
    text = said(labelled)
    assert "failure, P(success) 0.25" in text
    lines = [line.split() for line in text.splitlines()]
    [loop] = [line for line in lines if line[:1] == ["action_loop"]]
    assert loop[1] == "failure" and loop[2].endswith("%") and loop[3:5] == ["It", "did"]
    assert ["thumbs", "A", "person's"] in [line[:3] for line in lines]


def test_an_attempt_nobody_knows_is_a_clear_error(labelled: str) -> None:
    done = CliRunner().invoke(app, ["labels", "explain", "unknown"])
    assert done.exit_code != 0
    assert "has no attempt unknown" in str(done.exception)


def test_a_module_of_the_users_takes_part(
    labelled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "our_labels.py").write_text(
        "from pilotfish.streams.labelling import labelling_function\n"
        "@labelling_function\n"
        "def cheap_enough(attempt):\n"
        "    'It cost little.'\n"
        "    return 1.0 if attempt.cost < 1 else None\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PILOTFISH_LABELLING", "our_labels")
    try:
        assert "It cost little." in said(labelled)
    finally:
        labelling._FUNCTIONS.pop("cheap_enough", None)


def test_a_module_that_is_not_there_is_a_clear_error(
    labelled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PILOTFISH_LABELLING", "no_such_module")
    done = CliRunner().invoke(app, ["labels", "explain", labelled])
    assert "PILOTFISH_LABELLING=no_such_module cannot be imported" in str(
        done.exception
    )
