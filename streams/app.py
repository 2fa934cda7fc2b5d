"""The Faust app: it joins the group, reads batches of events and commits them.

Faust brings group membership, rebalancing and batching, and nothing else: no tables, no
topics of its own, no web server. What is acknowledged was written, see `sink`.
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

TAKE: Final = 2000
"""Events in a batch at most; more of them share the price of three round trips."""
WITHIN_S: Final = 0.2
"""How long a batch is collected: most of the time from the end of an attempt to its label."""

_SESSION_S: Final = 10.0
"""After this long without a sign of life a worker's partitions go to others."""
_MAX_FETCH_BYTES: Final = 4 * 1024 * 1024
_COMMIT_S: Final = 1.0
_A_DAY_S: Final = 86_400.0
"""Longer than an outage: meanwhile neither aiokafka nor Faust may call this a livelock."""


def create_app(settings: Settings, name: str = GROUP) -> Any:
    """Return a Faust app of that consumer group, without agents."""
    return faust.App(
        name,
        broker=[URL(f"kafka://{place.strip()}") for place in settings.kafka.split(",")],
        broker_credentials=_credentials(settings),
        broker_session_timeout=_SESSION_S,
        broker_heartbeat_interval=_SESSION_S / 4,
        broker_max_poll_interval=_A_DAY_S,
        broker_commit_interval=_COMMIT_S,
        broker_commit_livelock_soft_timeout=_A_DAY_S,
        stream_processing_timeout=_A_DAY_S,
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
    """Return the topic of events as Faust reads it: bytes as they are."""
    return app.topic(
        EVENTS.name,
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
    )


class Batches:
    """Lets a worker process batches, collecting one while the one before is written.

    Nothing of a failed batch is acknowledged, so it is read again by the next process.

    Args:
        worker: processes batches; it blocks, so it is called in a thread.
        status: told how far it has come.
        failed: hears what waiting cannot heal.
    """

    def __init__(
        self,
        worker: WorkerProcess,
        status: ServiceStatus,
        failed: Callable[[BaseException], None],
    ) -> None:
        self._worker = worker
        self._status = status
        self._failed = failed

    async def label(self, events: Any) -> None:
        """Process a stream until a batch fails."""
        writing: asyncio.Task[bool] | None = None
        # `take` would acknowledge a batch that a cancelled agent left unfinished.
        async for batch in events.noack_take(TAKE, within=WITHIN_S):
            if writing is not None and not await writing:
                return
            writing = asyncio.create_task(self._write(batch))

    async def _write(self, batch: list[Any]) -> bool:
        records = [event.message for event in batch]
        metrics.BATCH_RECORDS.observe(len(records))
        try:
            with metrics.WRITE_SECONDS.time():
                done = await asyncio.to_thread(self._worker.process, records)
        except Exception as error:  # noqa: BLE001 - ends the process
            self._failed(error)
            return False
        for event in batch:
            event.ack()
        self._note(done)
        return True

    def _note(self, done: Processed) -> None:
        self._status.reached(done.ends)
        metrics.DEAD_LETTERS.labels(EVENTS.name).inc(done.unreadable)
        for outcome, labels in done.labels.items():
            metrics.LABELS.labels(outcome).inc(labels)


def attach(
    app: Any,
    worker: WorkerProcess,
    status: ServiceStatus,
    failed: Callable[[BaseException], None],
) -> None:
    """Let the worker process the app's events, and forget what moves to others."""
    batches = Batches(worker, status, failed)

    async def label(events: Any) -> None:
        await batches.label(events)

    async def revoked(_app: Any, partitions: Any, **_signal: Any) -> None:
        worker.forget()
        status.lost(_places(partitions))

    async def assigned(_app: Any, partitions: Any, **_signal: Any) -> None:
        worker.forget()
        status.gained(dict.fromkeys(_places(partitions)))
        _LOG.info("assigned", partitions=sorted(tp.partition for tp in partitions))

    app.agent(events_of(app), name="label")(label)
    app.on_partitions_revoked.connect(revoked)
    app.on_partitions_assigned.connect(assigned)


def partitions_of(app: Any) -> set[int]:
    """Return the partitions of events that this worker has now."""
    if app.rebalancing or not app.consumer.started:
        return set()
    return {tp.partition for tp in app.consumer.assignment()}


def _places(partitions: Iterable[Any]) -> list[Place]:
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
