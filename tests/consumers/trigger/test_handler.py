"""The trigger on real servers, with trainings that are recorded and one that is real."""

from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import count
from typing import Any, Self

import pytest
from confluent_kafka import Producer
from prometheus_client import Counter
from support.polling import eventually

from pilotfish.advisors.store import ModelStore
from pilotfish.consumers.trigger.handler import (
    GROUP,
    SPEC,
    TriggerHandler,
)
from pilotfish.consumers.trigger.harm_monitor import HarmMonitor
from pilotfish.consumers.trigger.lift import Lift
from pilotfish.consumers.trigger.training_process import Outcome, TrainingProcesses
from pilotfish.consumers.trigger.trainings import Trainers, Trainings
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.kafka import producer, publish
from pilotfish.runtime.kafka_broker import KafkaBroker
from pilotfish.runtime.service.loop import ConsumerLoop
from pilotfish.runtime.service.metrics import LIFT, TRAININGS, VERDICTS
from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.ids import new_id
from pilotfish.schemas.labels import AttemptLabelled
from pilotfish.schemas.topics import LABELS

AT = 50
OFFSETS = count(1)


class Recorded:
    """A training that goes as the test says."""

    def __init__(self, tenant: str) -> None:
        self.tenant = tenant
        self.result: Outcome | None = None
        self.ended = False

    def outcome(self) -> Outcome | None:
        return self.result

    def end(self, timeout_s: float) -> None:
        self.ended = timeout_s > 0


class StartedTrainings(list[Recorded]):
    """Starts recorded trainings."""

    loaded = False

    def start(self, tenant: str) -> Recorded:
        self.append(Recorded(tenant))
        return self[-1]

    def load(self) -> None:
        self.loaded = True

    def unload(self) -> None:
        self.loaded = False

    def tenants(self) -> list[str]:
        return [each.tenant for each in self]


@pytest.fixture
def at_fifty(apart: Settings) -> Settings:
    return apart.model_copy(update={"train_at": AT})


@pytest.fixture
def trainings() -> StartedTrainings:
    return StartedTrainings()


def label(
    settings: Settings, attempts: int, tenant: str = "", **changes: object
) -> None:
    """Store labelled attempts and publish their labels, as streams does."""
    tenant = tenant or settings.tenant
    plain: dict[str, Any] = {
        "tenant": tenant,
        "version": 1,
        "p_success": 1.0,
        "topic_partition": 0,
    }
    plain["started_at"] = utc_now()  # at 1970 they would be too old to be kept
    rows = []
    for offset in (next(OFFSETS) for _ in range(attempts)):
        places = {"first_offset": offset, "last_offset": offset}
        rows.append(plain | {"attempt_id": new_id()} | places | changes)
    columns = list(rows[0])
    values = [[row[name] for name in columns] for row in rows]
    ClickHouse(settings).insert("attempts", columns, values)
    wake(settings, tenant, attempts)


def wake(settings: Settings, tenant: str, labels: int) -> None:
    to: Producer = producer(settings)
    for _ in range(labels):
        message = AttemptLabelled(
            tenant=tenant, attempt_id=new_id(), version=1, labeller="test",
            problem="why?", started_at=utc_now(), ended_at=utc_now(),
            partition=0, first_offset=0, offset=0,
        )  # fmt: skip
        publish(to, LABELS, message.attempt_id, message)
    assert to.flush(20) == 0


def finish(settings: Settings, tenant: str = "", verdict: str = "refused") -> None:
    """Store a training that has learned from everything so far, as the trainer does."""
    row = {
        "tenant": tenant or settings.tenant,
        "training_id": new_id(),
        "status": "finished",
        "finished_at": utc_now(),
        "watermark": {0: next(OFFSETS)},
        "verdict": verdict,
    }
    ClickHouse(settings).insert("trainings", list(row), [list(row.values())])


class Trigger:
    """The trigger's handler in its loop, as `run` puts them together."""

    def __init__(
        self,
        settings: Settings,
        trainers: Trainers,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self.status = ServiceStatus()
        self.clickhouse = ClickHouse(settings)
        self.monitor = HarmMonitor(settings, ClickHouse(settings), clock)
        lift = None if settings.metrics_port is None else Lift(self.clickhouse, clock)
        self.trainings = Trainings(settings.train_at, self.clickhouse, trainers, clock)
        handler = TriggerHandler(self.trainings, self.monitor, lift, self.status.beat)
        broker = KafkaBroker(settings, GROUP)
        self.loop = ConsumerLoop(broker, SPEC, handler, self.status)

    def __enter__(self) -> Self:
        self.monitor.start()
        return self

    def __exit__(self, *_: object) -> None:
        with self.loop:
            pass

    def step(self) -> None:
        self.loop.step()


def until(trigger: Trigger, question: Callable[[], bool]) -> None:
    def answer() -> bool:
        if not question():
            trigger.step()
        return question()

    eventually(answer)


def steps(trigger: Trigger, number: int = 3) -> None:
    for _ in range(number):
        trigger.step()


def ready(trigger: Trigger) -> None:
    """Step until the partitions are the trigger's, so that labels wake it up."""
    until(trigger, lambda: len(trigger.status.positions()) == LABELS.partitions)


def test_it_trains_at_the_exact_count(
    at_fifty: Settings, trainings: StartedTrainings
) -> None:
    with Trigger(at_fifty, trainings) as trigger:
        ready(trigger)
        label(at_fifty, AT - 1)
        label(at_fifty, 30, p_success=None)
        label(at_fifty, 30, version=0, p_success=None)
        steps(trigger)
        assert trainings == []
        label(at_fifty, 1)
        until(trigger, lambda: bool(trainings))
        assert trainings.tenants() == [at_fifty.tenant]


def test_revisions_and_doubled_labels_count_once(
    at_fifty: Settings, trainings: StartedTrainings
) -> None:
    with Trigger(at_fifty, trainings) as trigger:
        ready(trigger)
        for version in range(1, 5):
            label(at_fifty, 1, attempt_id="revised", version=version, first_offset=1)
            label(at_fifty, AT // 2, attempt_id="doubled")
        wake(at_fifty, at_fifty.tenant, 200)
        steps(trigger)
        assert trainings == []


def test_while_one_runs_no_other_starts_and_then_counting_begins_anew(
    at_fifty: Settings, trainings: StartedTrainings
) -> None:
    with Trigger(at_fifty, trainings) as trigger:
        ready(trigger)
        label(at_fifty, AT)
        until(trigger, lambda: bool(trainings))
        finish(at_fifty)
        label(at_fifty, AT - 1)
        steps(trigger)
        trainings[0].result = "done"
        steps(trigger)
        assert len(trainings) == 1
        label(at_fifty, 1)
        until(trigger, lambda: len(trainings) == 2)


def test_labels_that_came_while_it_was_down_are_counted(
    at_fifty: Settings, trainings: StartedTrainings
) -> None:
    with Trigger(at_fifty, trainings) as trigger:
        ready(trigger)
        label(at_fifty, 30)
        steps(trigger)
    label(at_fifty, 19)
    with Trigger(at_fifty, trainings) as trigger:
        ready(trigger)
        steps(trigger)
        assert trainings == []
    label(at_fifty, 1)
    with Trigger(at_fifty, trainings) as trigger:
        until(trigger, lambda: bool(trainings))
    with Trigger(at_fifty, again := StartedTrainings()) as trigger:
        until(trigger, lambda: bool(again))  # the one before never finished
    finish(at_fifty)
    with Trigger(at_fifty, never := StartedTrainings()) as trigger:
        ready(trigger)
        steps(trigger)
    assert never == []


def test_a_failure_is_tried_again_after_a_while(
    at_fifty: Settings, trainings: StartedTrainings
) -> None:
    now = utc_now()

    def clock() -> datetime:
        return now

    with Trigger(at_fifty, trainings, clock) as trigger:
        label(at_fifty, AT)
        until(trigger, lambda: len(trainings) == 1)
        trainings[0].result = "failed"
        steps(trigger)
        assert len(trainings) == 1
        now += timedelta(seconds=10)
        until(trigger, lambda: len(trainings) == 2)


def test_a_tenant_somebody_else_trains_is_tried_again(
    at_fifty: Settings, trainings: StartedTrainings
) -> None:
    now = utc_now()

    def clock() -> datetime:
        return now

    with Trigger(at_fifty, trainings, clock) as trigger:
        label(at_fifty, AT)
        until(trigger, lambda: len(trainings) == 1)
        trainings[0].result = "busy"
        steps(trigger)
        assert len(trainings) == 1
        now += timedelta(seconds=15)
        until(trigger, lambda: len(trainings) == 2)


def counted(counter: Counter, label: str) -> float:
    return float(counter.labels(label)._value.get())


@pytest.mark.parametrize("verdict", ["promoted", "refused"])
def test_how_trainings_end_and_their_verdicts_are_counted(
    at_fifty: Settings, trainings: StartedTrainings, verdict: str
) -> None:
    verdicts, done = counted(VERDICTS, verdict), counted(TRAININGS, "done")
    failed = counted(TRAININGS, "failed")
    label(at_fifty, AT)
    with Trigger(at_fifty, trainings) as trigger:
        until(trigger, lambda: bool(trainings))
        finish(at_fifty, verdict=verdict)
        trainings[0].result = "done"
        steps(trigger)
        label(at_fifty, AT)
        until(trigger, lambda: len(trainings) == 2)
        trainings[1].result = "failed"
        steps(trigger)
    assert counted(VERDICTS, verdict) == verdicts + 1
    assert counted(TRAININGS, "done") == done + 1
    assert counted(TRAININGS, "failed") == failed + 1


def test_the_lift_is_asked_for_only_where_it_is_shown(
    at_fifty: Settings, trainings: StartedTrainings
) -> None:
    LIFT.clear()
    for holdout, p_success in ((False, 1.0), (True, 0.0)):
        asked = {"hint_request_id": new_id(), "hint_holdout": holdout}
        label(at_fifty, 1, p_success=p_success, **asked)
    with Trigger(at_fifty, trainings) as trigger:
        steps(trigger)
        assert lifts() == {}
    shown = at_fifty.model_copy(update={"metrics_port": 1})
    with Trigger(shown, trainings) as trigger:
        steps(trigger)
        assert lifts() == {at_fifty.tenant: 1.0}


def lifts() -> dict[str, float]:
    [family] = LIFT.collect()
    return {sample.labels["tenant"]: sample.value for sample in family.samples}


def test_tenants_queue_and_the_one_with_most_labels_is_first(
    at_fifty: Settings, trainings: StartedTrainings
) -> None:
    few, many, none = (f"{at_fifty.tenant}-{name}" for name in ("few", "many", "none"))
    label(at_fifty, AT, few)
    label(at_fifty, AT + 10, many)
    label(at_fifty, AT - 1, none)
    with Trigger(at_fifty, trainings) as trigger:
        until(trigger, lambda: bool(trainings))
        steps(trigger)
        assert trainings.tenants() == [many]
        finish(at_fifty, many)
        trainings[0].result = "done"
        until(trigger, lambda: len(trainings) == 2)
        finish(at_fifty, few)
        trainings[1].result = "done"
        steps(trigger)
        assert trainings.tenants() == [many, few]


def test_an_unreadable_label_is_passed_over(
    at_fifty: Settings, trainings: StartedTrainings
) -> None:
    with Trigger(at_fifty, trainings) as trigger:
        ready(trigger)
        to = producer(at_fifty)
        to.produce(LABELS.name, value=b"\xff", headers=[("schema", b"AttemptLabelled")])
        assert to.flush(20) == 0
        label(at_fifty, AT)
        until(trigger, lambda: bool(trainings))


def test_without_clickhouse_it_waits_and_then_counts(
    at_fifty: Settings, trainings: StartedTrainings
) -> None:
    label(at_fifty, AT)
    away = at_fifty.model_copy(update={"clickhouse": "http://127.0.0.1:1"})
    with Trigger(away, trainings) as trigger:
        steps(trigger, 2)
        trigger.trainings._clickhouse = ClickHouse(at_fifty)  # it came back
        until(trigger, lambda: bool(trainings))


def test_a_stop_ends_the_training(
    at_fifty: Settings, trainings: StartedTrainings
) -> None:
    label(at_fifty, AT)
    with Trigger(at_fifty, trainings) as trigger:
        until(trigger, lambda: bool(trainings))
        trigger.trainings.end()
        assert trainings[0].ended


def test_what_a_training_needs_is_loaded_before_it_is_due(
    at_fifty: Settings, trainings: StartedTrainings
) -> None:
    now = utc_now()
    label(at_fifty, AT - 20)
    with Trigger(at_fifty, trainings, lambda: now) as trigger:
        ready(trigger)
        now += timedelta(minutes=1)
        label(at_fifty, 19)
        until(trigger, lambda: trainings.loaded)
        assert not trainings
        now += timedelta(minutes=1)  # in which no more labels have come
        until(trigger, lambda: not trainings.loaded)


@pytest.mark.slow
def test_a_real_training_is_a_process_of_its_own(at_fifty: Settings) -> None:
    label(at_fifty, AT, problem="always the same", approach="plan")
    store, before = ModelStore(at_fifty.models), counted(TRAININGS, "busy")
    with (
        store.training_lock(at_fifty.tenant),
        Trigger(at_fifty, TrainingProcesses(at_fifty)) as trigger,
    ):
        until(trigger, lambda: counted(TRAININGS, "busy") > before)
        trigger.trainings.end()
