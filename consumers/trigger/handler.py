"""The trigger: starts a training when enough new labels are in.

Labels from Kafka only wake it up; how many there are is asked of ClickHouse, so that
nothing that is killed, replayed or sent twice can change the count. One training runs at
a time, the other tenants queue; the trainer's own lock keeps a second one of the same
tenant out, also when a trigger that was killed left one behind. Beside that it watches
whether the advisors it brought forth do harm. Run one trigger.
"""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Final, Self

import structlog
from confluent_kafka import Consumer
from confluent_kafka import Message as Record

from pilotfish.consumers.trigger.harm_monitor import HarmMonitor
from pilotfish.consumers.trigger.lift import Lift
from pilotfish.consumers.trigger.schedule import Schedule
from pilotfish.consumers.trigger.training_process import (
    Training,
    TrainingProcess,
    newest_verdict,
)
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.kafka import (
    consumer,
    headers,
    mapped_errors,
    readable,
    subscribe,
)
from pilotfish.runtime.progress import progress, tenants
from pilotfish.runtime.service import metrics
from pilotfish.runtime.service.background import close_within
from pilotfish.runtime.service.status import ServiceStatus, ends
from pilotfish.runtime.settings import Settings
from pilotfish.schemas import consumer_groups
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.codec import decode
from pilotfish.schemas.errors import SchemaError, UnavailableError
from pilotfish.schemas.labels import AttemptLabelled
from pilotfish.schemas.topics import LABELS

GROUP: Final = consumer_groups.TRIGGER
ASKS_CLICKHOUSE: Final = True

_LOG = structlog.get_logger(service="trigger")

_MAX_LABELS: Final = 1000
_TICK_S: Final = 0.5
_END_S: Final = 3.0

Start = Callable[[Settings, str], Training]


def run(settings: Settings, stop: threading.Event, status: ServiceStatus) -> None:
    """HarmMonitor and train until `stop` is set, which also ends a training.

    Raises:
        UnavailableError: Kafka is away; call again after a while. A training goes on.
    """
    with mapped_errors("watching labels"), Trigger(settings, status) as trigger:
        while not stop.is_set():
            trigger.step()
        trigger.end_training()


class Trigger:
    """One consumer of labels and at most one training."""

    def __init__(
        self,
        settings: Settings,
        status: ServiceStatus,
        start: Start = TrainingProcess,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._settings = settings
        self._status = status
        self._start = start
        self._clickhouse = ClickHouse(settings)
        self._schedule = Schedule(settings.train_at, clock)
        self._harm_monitor = HarmMonitor(settings, ClickHouse(settings), clock)
        self._lift = Lift(self._clickhouse, clock)
        self._parts = [
            self._look_after_training,
            self._count_and_start,
            self._look_after_promoted,
        ]
        if settings.metrics_port is not None:
            self._parts.append(self._tell_lift)
        self._knows_tenants = False
        self._training: tuple[str, Training] | None = None
        overrides = {"enable.auto.offset.store": True}
        self._consumer: Consumer = consumer(settings, GROUP, **overrides)
        subscribe(
            self._consumer,
            [LABELS],
            lambda _, partitions: status.gained(partitions),
            lambda _, partitions: status.lost(partitions),
        )

    def __enter__(self) -> Self:
        self._harm_monitor.start()
        return self

    def __exit__(self, *_: object) -> None:
        close_within(self._consumer.close, _END_S)
        self._harm_monitor.close()
        self._clickhouse.close()

    def step(self) -> None:
        """Wait a little for labels, then look after trainings and promoted advisors."""
        self._status.beat()
        records = readable(self._consumer.consume(_MAX_LABELS, _TICK_S))
        for record in records:
            self._note(record)
        if records:
            self._consumer.commit(asynchronous=True)
            self._status.reached(ends(records))
        for look in self._parts:
            # Each may wait for ClickHouse, and gives up after one answer that is late.
            self._status.beat()
            look()

    def end_training(self) -> None:
        """End a running training, and see it gone."""
        if self._training is not None:
            self._training[1].end(_END_S)
            self._training = None

    def _note(self, record: Record) -> None:
        try:
            label = decode(LABELS, record.value(), headers(record))
        except SchemaError as error:
            _LOG.warning("unreadable_label", offset=record.offset(), error=str(error))
            return
        if isinstance(label, AttemptLabelled):
            self._schedule.labelled(label.tenant)
            self._harm_monitor.labelled(label.tenant)

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
            self._training = tenant, self._start(self._settings, tenant)

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
                    train_at=self._settings.train_at,
                )
