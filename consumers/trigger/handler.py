"""The trigger: starts a training when enough new labels are in.

Labels from Kafka only wake it up; how many there are is asked of ClickHouse, so that
nothing that is killed, replayed or sent twice can change the count. One training runs at
a time, the other tenants queue; the trainer's own lock keeps a second one of the same
tenant out, also when a trigger that was killed left one behind. Beside that it watches
whether the advisors it brought forth do harm. Run one trigger.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from pilotfish.consumers.trigger.harm_monitor import HarmMonitor
from pilotfish.consumers.trigger.lift import Lift
from pilotfish.consumers.trigger.training_process import TrainingProcesses
from pilotfish.consumers.trigger.trainings import Trainings
from pilotfish.runtime.broker import Ends, PartitionOffsets
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.kafka_broker import KafkaBroker
from pilotfish.runtime.service.handler import Batch
from pilotfish.runtime.service.loop import ConsumerLoop, ConsumerSpec
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
SPEC: Final = ConsumerSpec("trigger", (LABELS,), most=1000, collect_s=0.5, close_s=3.0)

_LOG = structlog.get_logger(service="trigger")


def run(settings: Settings, stop: threading.Event, status: ServiceStatus) -> None:
    """Watch and train until `stop` is set, which also ends a training.

    Raises:
        UnavailableError: Kafka is away; call again after a while. A training goes on.
    """
    clickhouse = ClickHouse(settings)
    trainings = Trainings(settings.train_at, clickhouse, TrainingProcesses(settings))
    monitor = HarmMonitor(settings, ClickHouse(settings), utc_now)
    lift = None if settings.metrics_port is None else Lift(clickhouse, utc_now)
    handler = TriggerHandler(trainings, monitor, lift, status.beat)
    # No dead letters: the memory reads the same topic and sets aside what it cannot read.
    broker = KafkaBroker(settings, GROUP)
    with ConsumerLoop(broker, SPEC, handler, status) as loop:
        monitor.start()
        loop.run(stop)
        trainings.end()
    clickhouse.close()


class TriggerHandler:
    """Passes on which tenants have new labels, and lets each part do what is due.

    Args:
        trainings: counts labels and starts trainings.
        monitor: watches the promoted advisors.
        lift: keeps the metric of the lift up to date, where metrics are shown.
        beat: says that the service lives, before each thing that may wait.
    """

    def __init__(
        self,
        trainings: Trainings,
        monitor: HarmMonitor,
        lift: Lift | None,
        beat: Callable[[], object],
    ) -> None:
        self._trainings = trainings
        self._harm_monitor = monitor
        self._lift = lift
        self._beat = beat

    def assigned(self, partitions: Sequence[PartitionOffsets]) -> Ends:
        """Read on where the group has committed: labels only say where to look."""
        return {}

    def handle(self, batch: Batch) -> Ends:
        """Note which tenants have something new."""
        for received in batch.messages:
            label = received.message
            if isinstance(label, AttemptLabelled):
                self._trainings.labelled(label.tenant)
                self._harm_monitor.labelled(label.tenant)
        return batch.ends

    def idle(self) -> Ends:
        """Look after trainings and promoted advisors."""
        for part in (
            self._trainings.look_after,
            self._trainings.start_if_due,
            self._watch_promoted,
            self._measure_lift,
        ):
            # Each may wait for ClickHouse, and gives up after one answer that is late.
            self._beat()
            part()
        return {}

    def revoked(self, places: Sequence[Place]) -> Ends:
        return {}

    def close(self) -> Ends:
        self._harm_monitor.close()
        return {}

    def _watch_promoted(self) -> None:
        try:
            self._harm_monitor.step()
        except UnavailableError as error:
            _LOG.warning("watch_waits", error=str(error))

    def _measure_lift(self) -> None:
        if self._lift is None:
            return
        try:
            self._lift.step()
        except UnavailableError as error:
            _LOG.warning("lift_waits", error=str(error))
