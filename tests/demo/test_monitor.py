"""What the monitor reads from a real ClickHouse, and what it makes of it."""

import json

import pytest
from polling import eventually

from pilotfish.demo.monitor import Monitor, Seen, Stage, Training
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.ids import new_id

STARTED = Training("a", "started")
FINISHED = Training("b", "finished", "v-1", "promoted")
REFUSED = Training("c", "finished", "v-2", "refused")


def test_the_advisor_in_service_is_the_newest_promoted_one() -> None:
    assert Seen().in_service == "base"
    assert Seen(trainings=(FINISHED, REFUSED)).in_service == "v-1"


@pytest.mark.parametrize(
    ("seen", "due"),
    [
        (Seen(), False),
        (Seen(new_labels=499), False),
        (Seen(new_labels=500), True),
        (Seen(trainings=(STARTED,)), True),
        (Seen(new_labels=900, trainings=(FINISHED,)), False),
        (Seen(new_labels=900, trainings=(FINISHED, STARTED)), False),
    ],
)
def test_only_the_first_verdict_is_waited_for(seen: Seen, due: bool) -> None:
    assert seen.first_verdict_due(train_at=500) is due


def test_a_training_under_way_is_seen(settings: Settings) -> None:
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
        eventually(lambda: monitor.seen.running)
        assert monitor.seen.running is not None
        assert monitor.seen.running.training_id == training_id
        assert monitor.seen.stage == Stage("lora", 3, 9)
    clickhouse.close()
