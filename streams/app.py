"""The Faust app: it joins the consumer group, reads batches of events and commits them.

Faust provides group membership, rebalancing and batching, and nothing else: no tables, no
topics of its own, no web server. Events are acknowledged after they are written, see `sink`.
"""

import asyncio
import ssl
from collections.abc import Callable, Iterable
from typing import Any, Final

import faust
import structlog
from faust.auth import SASLCredentials, SSLCredentials
from yarl import URL

from pilotfish.runtime.service import metrics
from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.runtime.settings import Settings
from pilotfish.schemas import consumer_groups
from pilotfish.schemas.keys import Place
from pilotfish.schemas.topics import EVENTS
from pilotfish.streams.worker_process import Processed, WorkerProcess

_LOG = structlog.get_logger(service="streams")

GROUP: Final = consumer_groups.STREAMS

MAX_BATCH: Final = 2000
"""Most events in a batch; a larger batch shares three round trips among more events."""
BATCH_WINDOW_S: Final = 0.2
"""How long a batch is collected: most of the delay from an attempt's end to its label."""

_SESSION_S: Final = 10.0
"""Without a heartbeat for this long, a worker loses its partitions to others."""
_MAX_FETCH_BYTES: Final = 4 * 1024 * 1024
_COMMIT_S: Final = 1.0
_NO_LIVELOCK_S: Final = 86_400.0
"""Longer than any outage, so that neither aiokafka nor Faust takes one for a livelock."""


def create_app(settings: Settings, name: str = GROUP) -> Any:
    """Return a Faust app of that consumer group, without agents."""
    return faust.App(
        name,
        broker=[URL(f"kafka://{host.strip()}") for host in settings.kafka.split(",")],
        broker_credentials=_credentials(settings),
        broker_session_timeout=_SESSION_S,
        broker_heartbeat_interval=_SESSION_S / 4,
        broker_max_poll_interval=_NO_LIVELOCK_S,
        broker_commit_interval=_COMMIT_S,
        broker_commit_livelock_soft_timeout=_NO_LIVELOCK_S,
        stream_processing_timeout=_NO_LIVELOCK_S,
        # A batch under way waits for ClickHouse; the partitions cannot wait for it.
        stream_wait_empty=False,
        consumer_max_fetch_size=_MAX_FETCH_BYTES,
        consumer_auto_offset_reset="earliest",
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        store="memory://",
        datadir=settings.home / "streams",
        web_enabled=False,
        autodiscover=False,
    )


def events_of(app: Any) -> Any:
    """Return Faust's topic of events, with keys and values as raw bytes."""
    return app.topic(
        EVENTS.name,
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
    )


class Batches:
    """Lets a worker process batches; the next batch is collected meanwhile.

    No event of a failed batch is acknowledged, so the next process reads it again.

    Args:
        worker: processes batches; it blocks, so it is called in a thread.
        status: receives the processed offsets.
        on_failure: called with an error that waiting cannot fix.
    """

    def __init__(
        self,
        worker: WorkerProcess,
        status: ServiceStatus,
        on_failure: Callable[[BaseException], None],
    ) -> None:
        self._worker = worker
        self._status = status
        self._on_failure = on_failure

    async def label(self, events: Any) -> None:
        """Process a stream until a batch fails."""
        writing: asyncio.Task[bool] | None = None
        # `take` would acknowledge a batch that a cancelled agent has not finished.
        async for batch in events.noack_take(MAX_BATCH, within=BATCH_WINDOW_S):
            if writing is not None and not await writing:
                return
            writing = asyncio.create_task(self._write(batch))

    async def _write(self, batch: list[Any]) -> bool:
        records = [event.message for event in batch]
        metrics.BATCH_RECORDS.observe(len(records))
        try:
            with metrics.WRITE_SECONDS.time():
                processed = await asyncio.to_thread(self._worker.process, records)
        except Exception as error:  # noqa: BLE001 - ends the process
            self._on_failure(error)
            return False
        for event in batch:
            event.ack()
        self._report(processed)
        return True

    def _report(self, processed: Processed) -> None:
        self._status.reached(processed.ends)
        metrics.DEAD_LETTERS.labels(EVENTS.name).inc(processed.unreadable)
        for outcome, labels in processed.labels.items():
            metrics.LABELS.labels(outcome).inc(labels)


def attach(
    app: Any,
    worker: WorkerProcess,
    status: ServiceStatus,
    on_failure: Callable[[BaseException], None],
) -> None:
    """Let the worker process the app's events; it forgets its cache when partitions move."""
    batches = Batches(worker, status, on_failure)

    async def label(events: Any) -> None:
        await batches.label(events)

    async def revoked(_app: Any, partitions: Any, **_signal: Any) -> None:
        worker.forget()
        status.lost(_topic_partitions(partitions))

    async def assigned(_app: Any, partitions: Any, **_signal: Any) -> None:
        worker.forget()
        status.gained(dict.fromkeys(_topic_partitions(partitions)))
        _LOG.info("assigned", partitions=sorted(tp.partition for tp in partitions))

    app.agent(events_of(app), name="label")(label)
    app.on_partitions_revoked.connect(revoked)
    app.on_partitions_assigned.connect(assigned)


def partitions_of(app: Any) -> set[int]:
    """Return the partitions of events that are assigned to this worker."""
    if app.rebalancing or not app.consumer.started:
        return set()
    return {tp.partition for tp in app.consumer.assignment()}


def _topic_partitions(partitions: Iterable[Any]) -> list[Place]:
    return [(tp.topic, tp.partition) for tp in partitions]


def _credentials(settings: Settings) -> Any:
    security = settings.kafka_security
    context = None
    if security.endswith("SSL"):
        context = ssl.create_default_context(cafile=settings.kafka_ca)
    if security.startswith("SASL"):
        return SASLCredentials(
            username=settings.kafka_username,
            password=settings.kafka_password.get_secret_value(),
            mechanism=settings.kafka_sasl_mechanism,
            ssl_context=context,
        )
    return SSLCredentials(context) if context else None
