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
    """The id of a labelled attempt that repeated its actions."""
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
        Record(0, offset, b"round-and-round", encode(event), headers_of(event))
        for offset, event in enumerate(events)
    ]
    clickhouse = ClickHouse(settings)
    sink = Sink(clickhouse, Mock(), Mock())
    Worker(clickhouse, sink, threading.Event()).process(records)
    return "round-and-round"


def explained(*arguments: str) -> str:
    finished = CliRunner().invoke(
        app, ["labels", "explain", *arguments], env={"COLUMNS": "200"}
    )
    assert finished.exit_code == 0, finished.output
    return finished.output


def test_json_has_every_vote_and_the_label(labelled: str) -> None:
    output = json.loads(explained(labelled, "--json"))
    assert output["p_success"] == 0.25
    assert output["votes"] == {
        "verifier": 0.25,
        "action_loop": 0.0,
        "step_budget_exhausted": 0.0,
        "refused_answer": 0.0,
    }
    assert [signal["kind"] for signal in output["evidence"]] == ["verifier"]
    assert output["right"].keys() == output["votes"].keys()
    assert all(0.5 < share < 1 for share in output["right"].values())


def test_the_table_has_votes_accuracies_and_evidence(labelled: str) -> None:
    text = explained(labelled)
    assert "failure, P(success) 0.25" in text
    lines = [line.split() for line in text.splitlines()]
    [loop] = [line for line in lines if line[:1] == ["action_loop"]]
    assert (
        loop[1] == "failure" and loop[2].endswith("%") and loop[3:5] == ["The", "agent"]
    )
    assert ["thumbs", "A", "person's"] in [line[:3] for line in lines]


def test_an_unknown_attempt_is_a_clear_error(labelled: str) -> None:
    finished = CliRunner().invoke(app, ["labels", "explain", "unknown"])
    assert finished.exit_code != 0
    assert "has no attempt unknown" in str(finished.exception)


def test_a_module_of_the_user_takes_part(
    labelled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "our_labels.py").write_text(
        "from pilotfish.streams.labelling import labelling_function\n"
        "@labelling_function\n"
        "def cheap_enough(attempt):\n"
        "    'The attempt was cheap.'\n"
        "    return 1.0 if attempt.cost < 1 else None\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PILOTFISH_LABELLING", "our_labels")
    try:
        assert "The attempt was cheap." in explained(labelled)
    finally:
        labelling._FUNCTIONS.pop("cheap_enough", None)


def test_a_missing_module_is_a_clear_error(
    labelled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PILOTFISH_LABELLING", "no_such_module")
    finished = CliRunner().invoke(app, ["labels", "explain", labelled])
    assert "PILOTFISH_LABELLING=no_such_module cannot be imported" in str(
        finished.exception
    )
