"""Labels out: P(success) of attempts that came as traces, as OpenTelemetry's evaluations.

`pilotfish up` runs it where OTEL_EXPORTER_OTLP_LOGS_ENDPOINT says where labels go; elsewhere
`python -m pilotfish.consumers label_export` does. It has a consumer group of its own, so that
nothing else waits while nobody takes the labels.

At least once: an offset is committed when all labels below it were taken, or refused for
good. What is sent again has the same `log.record.uid`. What was refused is logged and
counted, and no dead letter: a replay would publish the label for every service again, and
its attempt has it in ClickHouse.
"""

import threading
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from pilotfish.consumers.label_export.answers import Refused
from pilotfish.consumers.label_export.exporter import TracedLabel, exporter
from pilotfish.consumers.label_export.traced import Traced
from pilotfish.runtime.broker import Ends, PartitionOffsets
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.kafka_broker import KafkaBroker
from pilotfish.runtime.service import metrics
from pilotfish.runtime.service.handler import Batch
from pilotfish.runtime.service.loop import ConsumerLoop, ConsumerSpec
from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.runtime.settings import Settings
from pilotfish.schemas import consumer_groups
from pilotfish.schemas.keys import Place
from pilotfish.schemas.labels import AttemptLabelled
from pilotfish.schemas.topics import LABELS

GROUP: Final = consumer_groups.LABEL_EXPORT
ASKS_CLICKHOUSE: Final = True
SPEC: Final = ConsumerSpec("label_export", (LABELS,), 500, collect_s=0.5, close_s=3.0)

_LOG = structlog.get_logger(service="label_export")
_NAMED: Final = 10
"""Attempts that the log names of those whose labels were refused together."""


def run(settings: Settings, stop: threading.Event, status: ServiceStatus) -> None:
    """Export labels until `stop` is set.

    Raises:
        UnavailableError: Kafka or ClickHouse is away, or the labels were not taken; call
            again after a while.
        ConfigurationError: the environment does not say where labels go, or nothing may
            be sent there.
        RequirementError: OpenTelemetry's exporter is not installed.
    """
    with exporter() as send:
        handler = LabelExportHandler(Traced(ClickHouse(settings)), send)
        # No dead letters: the memory reads the same topic and sets aside what it cannot.
        with ConsumerLoop(KafkaBroker(settings, GROUP), SPEC, handler, status) as loop:
            loop.run(stop)


class LabelExportHandler:
    """Sends the labels of each batch.

    Args:
        traced: knows which attempts came as traces.
        send: takes labels, and returns what is refused for good; raises UnavailableError
            if they may be taken later.
    """

    def __init__(
        self, traced: Traced, send: Callable[[Sequence[TracedLabel]], Refused]
    ) -> None:
        self._traced = traced
        self._send = send

    def assigned(self, partitions: Sequence[PartitionOffsets]) -> Ends:
        """Read on where the group has committed."""
        del partitions
        return {}

    def handle(self, batch: Batch) -> Ends:
        """Send the newest label of each attempt, where there is a P(success)."""
        newest = {
            (label.tenant, label.attempt_id): label
            for label in (received.message for received in batch.messages)
            if isinstance(label, AttemptLabelled)
        }
        told = {
            key: label for key, label in newest.items() if label.p_success is not None
        }
        places = self._traced.places(told)
        if places:
            self._export([(told[key], *place) for key, place in places.items()])
        return batch.ends

    def _export(self, labels: Sequence[TracedLabel]) -> None:
        refused = self._send(labels)
        if refused.labels:
            attempts = [label.attempt_id for label, *_ in labels[:_NAMED]]
            _LOG.warning(
                "refused", sent=len(labels), attempts=attempts, **refused._asdict()
            )
        metrics.LABELS_EXPORTED.labels("refused").inc(refused.labels)
        metrics.LABELS_EXPORTED.labels("taken").inc(len(labels) - refused.labels)

    def idle(self) -> Ends:
        return {}

    def revoked(self, places: Sequence[Place]) -> Ends:
        del places
        return {}

    def close(self) -> Ends:
        return {}
