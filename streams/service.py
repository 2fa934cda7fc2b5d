"""Runs a worker: once Kafka has its topics, Faust reads until `stop`.

A kill at any moment is harmless (see `sink`). After Faust stopped because Kafka was
unreachable, or stood still (see `stall`), the process replaces itself by a new one with the
same process id, because Faust runs only once per process.
"""

import asyncio
import os
import sys
import threading
from typing import Any, Final

import structlog
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    TopicAuthorizationFailedError,
)

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.kafka import consumer, producer, topics
from pilotfish.runtime.publisher import Publisher
from pilotfish.runtime.service import metrics
from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import ConfigurationError, UnavailableError
from pilotfish.schemas.topics import EVENTS, LABELS
from pilotfish.streams.app import GROUP, attach, create_app, partitions_of
from pilotfish.streams.attempts.idle import IdleAttempts
from pilotfish.streams.labelling import load
from pilotfish.streams.stall import ReadingWatch, count_stall, stalls
from pilotfish.streams.worker_process import WorkerProcess

ASKS_CLICKHOUSE: Final = True

_LOG = structlog.get_logger(service="streams")

_TIMEOUT_S: Final = 5.0
_STOP_S: Final = 3.0
_MAX_IDLE_SEARCH_S: Final = 60.0
_POLL_S: Final = 1.0
_READING_S: Final = 15.0
_UNAUTHORIZED: Final = (GroupAuthorizationFailedError, TopicAuthorizationFailedError)
_TICK_S: Final = 0.1
_FAUST_RAN: Final = threading.Event()


class FaustStoppedError(UnavailableError):
    """Faust crashed, in practice because Kafka was unreachable for too long; or it stalled."""


def run(settings: Settings, stop: threading.Event, status: ServiceStatus) -> None:
    """Label attempts and count windows until `stop` is set.

    Called again after Faust ran, it replaces this process by a new one.

    Raises:
        UnavailableError: Kafka is away or lacks a topic, or Faust or the worker's process
            ended; call again after a while.
        PilotfishError: to call again would not help.
    """
    if _FAUST_RAN.is_set():
        _replace_process()
    # In this process as well as in the worker's, so that a mistake ends this one.
    load(settings.labelling)
    _check_topics(settings)
    _FAUST_RAN.set()
    metrics.STALLS.inc(stalls())
    # Not asyncio.run, which would wait for a thread that waits for a server.
    loop = asyncio.new_event_loop()
    loop.run_until_complete(_run_faust(settings, stop, status))


def _replace_process() -> None:
    """Become a new process of the same service, with the same process id."""
    os.execv(sys.executable, [sys.executable, "-m", "pilotfish.streams"])  # noqa: S606


async def _run_faust(
    settings: Settings, stop: threading.Event, status: ServiceStatus
) -> None:
    """Run Faust until `stop` is set; raises as `run`."""
    failures: list[BaseException] = []
    settings.home.mkdir(parents=True, exist_ok=True)  # Faust creates a folder in it
    app = create_app(settings)
    worker = WorkerProcess(settings)
    await asyncio.to_thread(worker.ready)
    attach(app, worker, status, failures.append)
    tasks = [
        asyncio.create_task(_close_idle(app, settings, stop)),
        asyncio.create_task(_watch_authorization(settings, stop)),
        asyncio.create_task(_watch_reading(settings, worker, status, stop)),
    ]
    try:
        await app.start()
        while not (stop.is_set() or failures or app.should_stop or _done(tasks)):
            status.beat(worker.silent_s)
            await asyncio.sleep(_TICK_S)
    except Exception as error:
        raise FaustStoppedError(f"Faust does not start: {error}") from error
    if stop.is_set():
        await _stop(app)
        return
    if failures:
        raise failures[0]
    for task in _done(tasks):
        task.result()
    if isinstance(app.crash_reason, _UNAUTHORIZED):
        raise ConfigurationError(
            f"Kafka refuses access: {app.crash_reason!r}; "
            "`pilotfish grant service` allows it"
        )
    raise FaustStoppedError(f"Faust stopped: {app.crash_reason!r}")


async def _stop(app: Any) -> None:
    try:
        await asyncio.wait_for(app.stop(), _STOP_S)
    except TimeoutError:
        _LOG.warning("left_behind", waited_s=_STOP_S)


async def _close_idle(app: Any, settings: Settings, stop: threading.Event) -> None:
    """Close idle attempts of this worker's partitions periodically."""
    publisher = Publisher(producer(settings))
    idle = IdleAttempts(ClickHouse(settings), publisher, settings.idle_s)
    while not stop.is_set():
        await asyncio.sleep(min(settings.idle_s / 4, _MAX_IDLE_SEARCH_S))
        partitions = partitions_of(app)
        try:
            closed = await asyncio.to_thread(idle.close, partitions)
        except UnavailableError as error:
            _LOG.warning("idle_attempts_wait", error=str(error))
        else:
            if closed:
                _LOG.info("closed_idle", attempts=closed)


async def _watch_authorization(settings: Settings, stop: threading.Event) -> None:
    """Raise ConfigurationError once Kafka no longer accepts this user.

    aiokafka would retry forever without reporting it. So a second client, which reads
    nothing, stays connected.
    """
    client = consumer(settings, GROUP)
    while not stop.is_set():
        client.poll(0)
        await asyncio.sleep(_POLL_S)


async def _watch_reading(
    settings: Settings,
    worker: WorkerProcess,
    status: ServiceStatus,
    stop: threading.Event,
) -> None:
    """Raise FaustStoppedError once Faust reads nothing of what there is to read."""
    watch = ReadingWatch(settings, GROUP)
    while not stop.is_set():
        await asyncio.sleep(_READING_S)
        waits = worker.silent_s > 0  # perhaps for ClickHouse
        elapsed_s = 0.0 if waits else _READING_S
        stalled = await asyncio.to_thread(watch.stalled, status.positions(), elapsed_s)
        if stalled:
            count_stall()
            _LOG.error("stalled", partitions=sorted(number for _, number in stalled))
            raise FaustStoppedError(f"Faust reads nothing of {stalled}")


def _done(tasks: list[asyncio.Task[None]]) -> list[asyncio.Task[None]]:
    return [task for task in tasks if task.done()]


def _check_topics(settings: Settings) -> None:
    existing = topics(settings, _TIMEOUT_S)
    missing = [t.name for t in (EVENTS, LABELS) if t.name not in existing]
    if missing:
        raise UnavailableError(
            f"Kafka does not have {' and '.join(missing)} yet, or hides it from this user: "
            "`pilotfish prepare` creates topics, `pilotfish grant service` allows access"
        )
    events, labels = (len(existing[t.name].partitions) for t in (EVENTS, LABELS))
    if events != labels:
        raise ConfigurationError(
            f"{EVENTS.name} has {events} partitions and {LABELS.name} has {labels}: "
            "give both the same number"
        )
