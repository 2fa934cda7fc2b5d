"""Which tenant is trained: labels are counted, one training runs, the other tenants queue."""

from collections.abc import Callable
from datetime import datetime
from typing import Final, Protocol

import structlog

from pilotfish.consumers.trigger.schedule import Schedule
from pilotfish.consumers.trigger.training_process import Training, newest_verdict
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.progress import progress, tenants
from pilotfish.runtime.service import metrics
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.errors import UnavailableError

_LOG = structlog.get_logger(service="trigger")

_END_S: Final = 3.0


class Trainers(Protocol):
    """What `TrainingProcesses` offers here."""

    def start(self, tenant: str) -> Training:
        """Start a training of a tenant."""
        ...

    def load(self) -> None:
        """Prepare for a start that is due soon; nothing where that was done."""

    def unload(self) -> None:
        """Take back what was prepared."""


class Trainings:
    """At most one training at a time.

    Args:
        train_at: new labels of a tenant that start a training.
        clickhouse: where the labels are counted.
        trainers: start them.
        clock: the time.
    """

    def __init__(
        self,
        train_at: int,
        clickhouse: ClickHouse,
        trainers: Trainers,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        self._train_at = train_at
        self._clickhouse = clickhouse
        self._trainers = trainers
        self._schedule = Schedule(train_at, clock)
        self._knows_tenants = False
        self._running: tuple[str, Training] | None = None

    def labelled(self, tenant: str) -> None:
        """Note that a tenant has a new label, which is worth counting."""
        self._schedule.labelled(tenant)

    def look_after(self) -> None:
        """Note it if the running training has ended."""
        if self._running is None:
            return
        tenant, training = self._running
        outcome = training.outcome()
        if outcome is not None:
            metrics.TRAININGS.labels(outcome).inc()
            # What is not installed, the trainer has written into this process's log.
            verdict = self._verdict(tenant) if outcome == "done" else {}
            _LOG.info("training_ended", tenant=tenant, outcome=outcome, **verdict)
            self._running = None
            self._schedule.ended(tenant, outcome)

    def start_if_due(self) -> None:
        """Count the new labels where no training runs, and start the one that is due."""
        if self._running is not None:
            return
        try:
            self._count()
        except UnavailableError as error:
            _LOG.warning("count_waits", error=str(error))
            return
        tenant = self._schedule.due()
        if tenant is None:
            self._prepare()
        else:
            _LOG.info("training_started", tenant=tenant)
            self._running = tenant, self._trainers.start(tenant)

    def end(self) -> None:
        """End a running training, and wait until its process is gone."""
        if self._running is not None:
            self._running[1].end(_END_S)
            self._running = None
        self._trainers.unload()

    def _prepare(self) -> None:
        if self._schedule.soon():
            self._trainers.load()
        else:
            self._trainers.unload()

    def _verdict(self, tenant: str) -> dict[str, str]:
        try:
            verdict = newest_verdict(self._clickhouse, tenant)
        except UnavailableError as error:
            return {"verdict": f"unknown: {error}"}
        if verdict:
            metrics.VERDICTS.labels(verdict["verdict"]).inc()
        return verdict

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
