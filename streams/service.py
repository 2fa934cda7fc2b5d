"""The life cycle of a worker: it waits for Kafka, runs Faust, and stops within five seconds.

A kill at any moment is harmless (see `sink`), which keeps this simple: tasks that do not
stop in time are abandoned, and when Faust stops because Kafka is unreachable, the process
replaces itself by a new one with the same process id.
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
from pilotfish.runtime.service.gc_tuning import tune_gc
from pilotfish.runtime.service.health import Health
from pilotfish.runtime.service.metrics_server import listening
from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import (
    ConfigurationError,
    PilotfishError,
    UnavailableError,
)
from pilotfish.schemas.topics import EVENTS, LABELS
from pilotfish.streams.app import GROUP, attach, create_app, partitions_of
from pilotfish.streams.attempts.idle import IdleAttempts
from pilotfish.streams.labelling import load
from pilotfish.streams.worker_process import WorkerProcess

_LOG = structlog.get_logger(service="streams")

_TIMEOUT_S: Final = 5.0
_STOP_S: Final = 3.0
_MAX_IDLE_SEARCH_S: Final = 60.0
_POLL_S: Final = 1.0
_UNAUTHORIZED: Final = (GroupAuthorizationFailedError, TopicAuthorizationFailedError)
_TICK_S: Final = 0.1
_MAX_WAIT_S: Final = 10.0


class FaustStoppedError(UnavailableError):
    """Faust crashed; in practice because Kafka was unreachable for longer than it waits."""


def wait_for_topics(
    settings: Settings, stop: threading.Event, status: ServiceStatus
) -> None:
    """Wait until Kafka answers and has both topics, or `stop` is set.

    Raises:
        ConfigurationError: Kafka refuses these settings, or the topics differ in their
            number of partitions.
    """
    wait_s = 0.5
    while not stop.is_set():
        status.beat()
        try:
            _check_topics(settings)
        except UnavailableError as error:
            _LOG.warning("waiting", error=str(error), wait_s=wait_s)
            stop.wait(wait_s)
            wait_s = min(2 * wait_s, _MAX_WAIT_S)
        else:
            return


async def run(settings: Settings, stop: threading.Event, status: ServiceStatus) -> None:
    """Run Faust until `stop` is set.

    Raises:
        UnavailableError: Faust or the worker's process ended; restart.
        PilotfishError: restarting would not help.
    """
    failures: list[BaseException] = []
    settings.home.mkdir(parents=True, exist_ok=True)  # Faust creates a folder in it
    app = create_app(settings)
    worker = WorkerProcess(settings)
    await asyncio.to_thread(worker.ready)
    attach(app, worker, status, failures.append)
    tasks = [
        asyncio.create_task(_close_idle(app, settings, stop)),
        asyncio.create_task(_watch_authorization(settings, stop)),
    ]
    try:
        await app.start()
        while not (stop.is_set() or failures or app.should_stop or _done(tasks)):
            status.beat(worker.silent_s)
            await asyncio.sleep(_TICK_S)
    except Exception as error:
        raise FaustStoppedError(f"Faust does not start: {error}") from error
    if stop.is_set():
        await asyncio.wait_for(app.stop(), _STOP_S)
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


def serve(settings: Settings, stop: threading.Event) -> int:
    """Run the worker until `stop` is set; return the exit status of the process."""
    _LOG.info("started")
    health = Health(settings, GROUP, asks_clickhouse=True)
    try:
        with listening("streams", settings, health):
            _run(settings, stop, health.status)
    except UnavailableError as error:
        _LOG.warning("restarting", error=str(error))
        if not stop.wait(error.retry_after_s):
            _restart()
    except TimeoutError:
        _LOG.warning("left_behind", waited_s=_STOP_S)
    except PilotfishError as error:
        _LOG.error("failed", kind=type(error).__name__, error=str(error))
        return 1
    except Exception:  # noqa: BLE001 - a bug: logged, and threads are abandoned
        _LOG.exception("failed")
        return 1
    _LOG.info("stopped")
    return 0


def _run(settings: Settings, stop: threading.Event, status: ServiceStatus) -> None:
    load(settings.labelling)  # in this process as well, so that a mistake ends it
    wait_for_topics(settings, stop, status)
    if not stop.is_set():
        tune_gc()
        # Not asyncio.run, which would wait for a thread that waits for a server.
        loop = asyncio.new_event_loop()
        loop.run_until_complete(run(settings, stop, status))


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


def _restart() -> None:
    os.execv(sys.executable, [sys.executable, "-m", "pilotfish.streams"])  # noqa: S606
