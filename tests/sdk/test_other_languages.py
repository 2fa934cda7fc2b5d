"""The agents of examples/protocol, which know pilotfish by docs/protocol.md alone.

Skipped, with the reason, where their language or its Kafka client is not installed:
`npm install` and `go mod download` in that folder bring it.
"""

import os
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from sdk.stand_in import EventReader
from support.advice.asking import Asker, advising, label, publish_labels
from support.advice.tiny import tiny_bundle
from support.polling import eventually

import pilotfish
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.events import AttemptEnded, AttemptStarted, Event, StepRecorded

FOLDER = Path(__file__).parents[2] / "examples/protocol"
MOST_LINES = 60
RUNS = 3
PROBLEM = "How often is there an s in Mississippi?"
APPROACHES = {"count": "count the letters", "guess": "guess"}


def succeeds(command: Sequence[str], **environment: str) -> bool:
    done = subprocess.run(
        command,
        cwd=FOLDER,
        env=os.environ | environment,
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


@pytest.fixture(params=["javascript", "go"])
def agent(request: pytest.FixtureRequest, tmp_path: Path) -> list[str]:
    """The command that runs an agent."""
    if request.param == "javascript":
        found = shutil.which("node")
        if not found or not succeeds([found, "-e", "require.resolve('kafkajs')"]):
            pytest.skip("node or kafkajs is not installed: npm install")
        return [found, "agent.mjs"]
    built = str(tmp_path / "agent")
    found = shutil.which("go")
    if not found or not succeeds([found, "build", "-o", built, "."], GOPROXY="off"):
        pytest.skip("Go or franz-go is not installed: go mod download")
    return [built]


@pytest.mark.parametrize("name", ["agent.mjs", "agent.go"])
def test_an_agent_fits_on_a_page(name: str) -> None:
    assert len((FOLDER / name).read_text().splitlines()) <= MOST_LINES


@pytest.mark.slow(30)
def test_an_agent_without_the_sdk_is_advised_and_recorded(
    settings: Settings, agent: list[str]
) -> None:
    mine = settings.model_copy(update={"holdout": 0.0})
    tiny_bundle(mine.models, "base", "tiny-1")
    with (
        closing(EventReader(mine)) as reader,
        closing(Asker(mine)) as asker,
        advising(mine),
    ):
        learn_to_count(mine, asker)
        for _ in range(RUNS):
            run(agent, mine)
        attempts = by_attempt(reader.until(lambda events: len(events) == 3 * RUNS))
        assert len(attempts) == RUNS
        for events in attempts.values():
            right_and_advised(*events)
        with pilotfish.connect(kafka=mine.kafka, tenant=mine.tenant) as pilot:
            for attempt_id in attempts:
                pilot.feedback(attempt_id, 1.0)
        reader.until(lambda events: len(events) == 4 * RUNS)
        places = [reader.partitions[attempt_id] for attempt_id in attempts]
        assert [len(partitions) for partitions in places] == [1] * RUNS


def learn_to_count(settings: Settings, asker: Asker) -> None:
    outcomes = [("count", 1.0), ("guess", 0.0)] * 60
    publish_labels(
        settings,
        *(
            label(settings, n, approach=approach, p_success=right, problem=PROBLEM)
            for n, (approach, right) in enumerate(outcomes)
        ),
    )
    eventually(lambda: asker.believed(PROBLEM, approaches=APPROACHES)["count"] > 0.8)


def run(agent: list[str], settings: Settings) -> None:
    done = subprocess.run(
        agent,
        cwd=FOLDER,
        env=os.environ | settings.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def by_attempt(events: Sequence[Event]) -> dict[str, list[Event]]:
    attempts: dict[str, list[Event]] = {}
    for event in events:
        attempts.setdefault(event.attempt_id, []).append(event)
    return attempts


def right_and_advised(started: Event, step: Event, ended: Event) -> None:
    assert isinstance(started, AttemptStarted) and started.problem == PROBLEM
    assert isinstance(step, StepRecorded) and step.kind == "answer"
    assert isinstance(ended, AttemptEnded) and ended.status == "succeeded"
    assert ended.hint is not None and ended.hint.advisor_version == "tiny-1"
    assert ended.approach == ended.hint.approach in APPROACHES
    assert 0 < (ended.hint.propensity or 0) <= 1
