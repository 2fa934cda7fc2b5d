"""The trigger: starts a training when enough new labels are in.

Labels from Kafka only wake it up; how many there are is asked of ClickHouse, so that
nothing that is killed, replayed or sent twice can change the count. One training runs at
a time, the other tenants queue; the trainer's own lock keeps a second one of the same
tenant out, also when a trigger that was killed left one behind. Beside that it watches
whether the advisors it brought forth do harm. Run one trigger.
"""

import threading
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final

import structlog

from pilotfish.consumers.trigger.harm_monitor import HarmMonitor
from pilotfish.consumers.trigger.lift import Lift
from pilotfish.consumers.trigger.schedule import Schedule
from pilotfish.consumers.trigger.training_process import (
    Training,
    TrainingProcess,
    newest_verdict,
)
from pilotfish.runtime.broker import Ends, PartitionOffsets
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.kafka_broker import KafkaBroker
from pilotfish.runtime.progress import progress, tenants
from pilotfish.runtime.service import metrics
from pilotfish.runtime.service.handler import Batch
from pilotfish.runtime.service.loop import ConsumerLoop, Subscription
from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.runtime.settings import Settings
from pilotfish.schemas import consumer_groups
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.errors import UnavailableError
from pilotfish.schemas.keys import Place
from pilotfish.schemas.labels import AttemptLabelled
from pilotfish.schemas.topics import LABELS

GROUP: Final = consumer_groups.TRIGGER
ASKS_CLICKHOUSE: Final = True
SUBSCRIPTION: Final = Subscription(
    "trigger", (LABELS,), most=1000, collect_s=0.5, close_s=3.0
)

_LOG = structlog.get_logger(service="trigger")

_END_S: Final = 3.0

Start = Callable[[str], Training]
"""Starts a training of a tenant."""


def run(settings: Settings, stop: threading.Event, status: ServiceStatus) -> None:
    """Watch and train until `stop` is set, which also ends a training.

    Raises:
        UnavailableError: Kafka is away; call again after a while. A training goes on.
    """
    clickhouse = ClickHouse(settings)
    monitor = HarmMonitor(settings, ClickHouse(settings), utc_now)
    handler = TriggerHandler(
        settings.train_at,
        clickhouse,
        lambda tenant: TrainingProcess(settings, tenant),
        monitor,
        status.beat,
        lift=None if settings.metrics_port is None else Lift(clickhouse, utc_now),
    )
    # No dead letters: the memory reads the same topic and sets aside what it cannot read.
    broker = KafkaBroker(settings, GROUP)
    with ConsumerLoop(broker, SUBSCRIPTION, handler, status) as loop:
        monitor.start()
        loop.run(stop)
        handler.end_training()


class TriggerHandler:
    """Counts labels, and has at most one training.

    Args:
        train_at: new labels of a tenant that start a training.
        clickhouse: where the labels are counted.
        start: starts a training.
        monitor: watches the promoted advisors.
        beat: says that the service lives, before each thing that may wait.
        lift: keeps the metric of the lift up to date, where metrics are shown.
        clock: the time.
    """

    def __init__(
        self,
        train_at: int,
        clickhouse: ClickHouse,
        start: Start,
        monitor: HarmMonitor,
        beat: Callable[[], object],
        *,
        lift: Lift | None = None,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._train_at = train_at
        self._clickhouse = clickhouse
        self._start = start
        self._harm_monitor = monitor
        self._beat = beat
        self._lift = lift
        self._schedule = Schedule(train_at, clock)
        self._knows_tenants = False
        self._training: tuple[str, Training] | None = None

    def assigned(self, partitions: Sequence[PartitionOffsets]) -> Ends:
        return {}

    def handle(self, batch: Batch) -> Ends:
        """Note which tenants have something new."""
        for received in batch.messages:
            label = received.message
            if isinstance(label, AttemptLabelled):
                self._schedule.labelled(label.tenant)
                self._harm_monitor.labelled(label.tenant)
        return batch.ends

    def idle(self) -> Ends:
        """Look after trainings and promoted advisors."""
        for look in (
            self._look_after_training,
            self._count_and_start,
            self._look_after_promoted,
            self._tell_lift,
        ):
            # Each may wait for ClickHouse, and gives up after one answer that is late.
            self._beat()
            look()
        return {}

    def revoked(self, places: Sequence[Place]) -> Ends:
        return {}

    def close(self) -> Ends:
        self._harm_monitor.close()
        self._clickhouse.close()
        return {}

    def end_training(self) -> None:
        """End a running training, and see it gone."""
        if self._training is not None:
            self._training[1].end(_END_S)
            self._training = None

    def _look_after_promoted(self) -> None:
        try:
            self._harm_monitor.step()
        except UnavailableError as error:
            _LOG.warning("watch_waits", error=str(error))

    def _look_after_training(self) -> None:
        if self._training is None:
            return
        tenant, training = self._training
        outcome = training.outcome()
        if outcome is not None:
            metrics.TRAININGS.labels(outcome).inc()
            told = self._verdict(tenant) if outcome == "done" else {}
            _LOG.info("training_ended", tenant=tenant, outcome=outcome, **told)
            self._training = None
            self._schedule.ended(tenant, outcome)

    def _verdict(self, tenant: str) -> dict[str, str]:
        try:
            told = newest_verdict(self._clickhouse, tenant)
        except UnavailableError as error:
            return {"verdict": f"unknown: {error}"}
        if told:
            metrics.VERDICTS.labels(told["verdict"]).inc()
        return told

    def _tell_lift(self) -> None:
        if self._lift is None:
            return
        try:
            self._lift.step()
        except UnavailableError as error:
            _LOG.warning("lift_waits", error=str(error))

    def _count_and_start(self) -> None:
        if self._training is not None:
            return
        try:
            self._count()
        except UnavailableError as error:
            _LOG.warning("count_waits", error=str(error))
            return
        tenant = self._schedule.due()
        if tenant is not None:
            _LOG.info("training_started", tenant=tenant)
            self._training = tenant, self._start(tenant)

    def _count(self) -> None:
        if not self._knows_tenants:
            for tenant in tenants(self._clickhouse):
                self._schedule.labelled(tenant)
            self._knows_tenants = True
        for tenant in self._schedule.to_count():
            count = progress(self._clickhouse, tenant).new_labels
            if self._schedule.counted(tenant, count):
                _LOG.info(
                    "new_labels",
                    tenant=tenant,
                    count=count,
                    train_at=self._train_at,
                )
