"""How the worker lives: it waits for Kafka, runs Faust, and stops within five seconds.

A kill at any moment is harmless (see `sink`), and this makes life simple: what does not
stop in time is left behind, and when Faust gives up because Kafka went away, the process
begins anew in its own place, with the same process id.
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
_SEARCH_S: Final = 60.0
_LOOK_S: Final = 1.0
_REFUSED: Final = (GroupAuthorizationFailedError, TopicAuthorizationFailedError)
_TICK_S: Final = 0.1
_LONGEST_S: Final = 10.0


class FaustGaveUpError(UnavailableError):
    """Faust crashed; in practice because Kafka was away for longer than it bears."""


def wait_for_topics(
    settings: Settings, stop: threading.Event, status: ServiceStatus
) -> None:
    """Wait until Kafka answers and has both topics, or `stop` is set.

    Raises:
        ConfigurationError: Kafka refuses these settings, or the topics do not fit.
    """
    wait_s = 0.5
    while not stop.is_set():
        status.beat()
        try:
            _check_topics(settings)
        except UnavailableError as error:
            _LOG.warning("waiting", error=str(error), wait_s=wait_s)
            stop.wait(wait_s)
            wait_s = min(2 * wait_s, _LONGEST_S)
        else:
            return


async def run(settings: Settings, stop: threading.Event, status: ServiceStatus) -> None:
    """Run Faust until `stop` is set.

    Raises:
        UnavailableError: Faust or the worker's process ended; begin anew.
        PilotfishError: beginning anew would not help.
    """
    failures: list[BaseException] = []
    settings.home.mkdir(parents=True, exist_ok=True)  # Faust makes a folder in it
    app = create_app(settings)
    worker = WorkerProcess(settings)
    await asyncio.to_thread(worker.ready)
    attach(app, worker, status, failures.append)
    beside = [
        asyncio.create_task(_close_idle(app, settings, stop)),
        asyncio.create_task(_hear_refusals(settings, stop)),
    ]
    try:
        await app.start()
        while not (stop.is_set() or failures or app.should_stop or _done(beside)):
            status.beat(worker.silent_s)
            await asyncio.sleep(_TICK_S)
    except Exception as error:
        raise FaustGaveUpError(f"Faust does not start: {error}") from error
    if stop.is_set():
        await asyncio.wait_for(app.stop(), _STOP_S)
        return
    if failures:
        raise failures[0]
    for task in _done(beside):
        task.result()
    if isinstance(app.crash_reason, _REFUSED):
        raise ConfigurationError(
            f"Kafka refuses: {app.crash_reason!r}; `pilotfish grant service` allows it"
        )
    raise FaustGaveUpError(f"Faust stopped: {app.crash_reason!r}")


def serve(settings: Settings, stop: threading.Event) -> int:
    """Run the worker until `stop` is set; return the exit status of the process."""
    _LOG.info("started")
    health = Health(settings, GROUP, asks_clickhouse=True)
    try:
        with listening("streams", settings, health):
            _run(settings, stop, health.status)
    except UnavailableError as error:
        _LOG.warning("begins_anew", error=str(error))
        if not stop.wait(error.retry_after_s):
            _begin_anew()
    except TimeoutError:
        _LOG.warning("left_behind", waited_s=_STOP_S)
    except PilotfishError as error:
        _LOG.error("failed", kind=type(error).__name__, error=str(error))
        return 1
    except Exception:  # noqa: BLE001 - a mistake of ours: said, and threads left behind
        _LOG.exception("failed")
        return 1
    _LOG.info("stopped")
    return 0


def _run(settings: Settings, stop: threading.Event, status: ServiceStatus) -> None:
    load(settings.labelling)  # here as well: where it fails, it is told and the end
    wait_for_topics(settings, stop, status)
    if not stop.is_set():
        tune_gc()
        # Not asyncio.run: at its end it would wait for a thread that waits for a server.
        loop = asyncio.new_event_loop()
        loop.run_until_complete(run(settings, stop, status))


async def _close_idle(app: Any, settings: Settings, stop: threading.Event) -> None:
    """Close idle attempts of this worker's partitions now and then."""
    publisher = Publisher(producer(settings))
    idle = IdleAttempts(ClickHouse(settings), publisher, settings.idle_s)
    while not stop.is_set():
        await asyncio.sleep(min(settings.idle_s / 4, _SEARCH_S))
        partitions = partitions_of(app)
        try:
            closed = await asyncio.to_thread(idle.close, partitions)
        except UnavailableError as error:
            _LOG.warning("idle_attempts_wait", error=str(error))
        else:
            if closed:
                _LOG.info("closed_idle", attempts=closed)


async def _hear_refusals(settings: Settings, stop: threading.Event) -> None:
    """Raise ConfigurationError once Kafka does not know this user any more.

    aiokafka would try again for ever and tell nobody. So another client, which reads
    nothing, stays connected beside it.
    """
    client = consumer(settings, GROUP)
    while not stop.is_set():
        client.poll(0)
        await asyncio.sleep(_LOOK_S)


def _done(tasks: list[asyncio.Task[None]]) -> list[asyncio.Task[None]]:
    return [task for task in tasks if task.done()]


def _check_topics(settings: Settings) -> None:
    there = topics(settings, _TIMEOUT_S)
    missing = [t.name for t in (EVENTS, LABELS) if t.name not in there]
    if missing:
        raise UnavailableError(
            f"Kafka has no {' and no '.join(missing)} yet, or does not show this user"
        )
    events, labels = (len(there[t.name].partitions) for t in (EVENTS, LABELS))
    if events != labels:
        raise ConfigurationError(
            f"{EVENTS.name} has {events} partitions and {LABELS.name} has {labels}: "
            "give both the same number"
        )


def _begin_anew() -> None:
    os.execv(sys.executable, [sys.executable, "-m", "pilotfish.streams"])  # noqa: S606
