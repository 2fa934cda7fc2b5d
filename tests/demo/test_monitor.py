"""What the monitor reads from a real ClickHouse, and what it makes of it."""

import json

import pytest
from support.polling import eventually

from pilotfish.demo.monitor import Monitor, Reading, Stage, Training
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.ids import new_id

STARTED = Training("a", "started")
FINISHED = Training("b", "finished", "v-1", "promoted")
REFUSED = Training("c", "finished", "v-2", "refused")


def test_the_advisor_in_service_is_the_newest_promoted_one() -> None:
    assert Reading().in_service == "base"
    assert Reading(trainings=(FINISHED, REFUSED)).in_service == "v-1"


@pytest.mark.parametrize(
    ("reading", "due"),
    [
        (Reading(), False),
        (Reading(new_labels=499), False),
        (Reading(new_labels=500), True),
        (Reading(trainings=(STARTED,)), True),
        (Reading(new_labels=900, trainings=(FINISHED,)), False),
        (Reading(new_labels=900, trainings=(FINISHED, STARTED)), False),
    ],
)
def test_only_the_first_verdict_is_awaited(reading: Reading, due: bool) -> None:
    assert reading.first_verdict_due(train_at=500) is due


def test_a_running_training_is_read(settings: Settings) -> None:
    clickhouse = ClickHouse(settings)
    training_id = new_id()
    row = {
        "tenant": settings.tenant,
        "training_id": training_id,
        "status": "started",
        "metrics": "{}",
    }
    clickhouse.insert("trainings", list(row), [list(row.values())])
    folder = settings.models / settings.tenant
    folder.mkdir(parents=True)
    state = {"stage": "lora", "step": 3, "total": 9}
    (folder / "training.json").write_text(json.dumps(state))
    with Monitor(settings) as monitor:
        eventually(lambda: monitor.reading.running)
        assert monitor.reading.running is not None
        assert monitor.reading.running.training_id == training_id
        assert monitor.reading.stage == Stage("lora", 3, 9)
    clickhouse.close()
