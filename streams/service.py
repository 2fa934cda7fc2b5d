"""How the worker runs: it waits for Kafka and its topics, then Faust reads until `stop`.

A kill at any moment is harmless (see `sink`). When Faust gives up because Kafka went away,
the process restarts in its own place, with the same process id: Faust runs once a process.
"""

import asyncio
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
from pilotfish.runtime.retry import retry_until_available
from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import ConfigurationError, UnavailableError
from pilotfish.schemas.topics import EVENTS, LABELS
from pilotfish.streams.app import GROUP, attach, create_app, partitions_of
from pilotfish.streams.attempts.idle import IdleAttempts
from pilotfish.streams.labelling import load
from pilotfish.streams.worker_process import WorkerProcess

ASKS_CLICKHOUSE: Final = True

_LOG = structlog.get_logger(service="streams")

_TIMEOUT_S: Final = 5.0
_STOP_S: Final = 3.0
_SEARCH_S: Final = 60.0
_LOOK_S: Final = 1.0
_REFUSED: Final = (GroupAuthorizationFailedError, TopicAuthorizationFailedError)
_TICK_S: Final = 0.1


class FaustGaveUpError(UnavailableError):
    """Faust crashed; in practice because Kafka was away for longer than it bears."""


def run(settings: Settings, stop: threading.Event, status: ServiceStatus) -> None:
    """Label attempts and count windows until `stop` is set.

    Raises:
        UnavailableError: Faust or the worker's process ended; restart this process.
        PilotfishError: a restart would not help.
    """
    load(
        settings.labelling
    )  # here as well as in the worker: a failure ends the process
    _wait_for_topics(settings, stop, status)
    # Not asyncio.run: at its end it would wait for a thread that waits for a server.
    loop = asyncio.new_event_loop()
    loop.run_until_complete(_run_faust(settings, stop, status))


def _wait_for_topics(
    settings: Settings, stop: threading.Event, status: ServiceStatus
) -> None:
    """Wait until Kafka answers and has both topics.

    Raises:
        ConfigurationError: Kafka refuses these settings, or the topics do not fit.
        UnavailableError: `stop` was set before.
    """

    def note(error: UnavailableError, wait_s: float) -> None:
        status.beat()
        _LOG.warning("waiting", error=str(error), wait_s=wait_s)

    retry_until_available(lambda: _check_topics(settings), stop, note)


async def _run_faust(
    settings: Settings, stop: threading.Event, status: ServiceStatus
) -> None:
    """Run Faust until `stop` is set; raises as `run`."""
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
        await _stop(app)
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


async def _stop(app: Any) -> None:
    try:
        await asyncio.wait_for(app.stop(), _STOP_S)
    except TimeoutError:
        _LOG.warning("left_behind", waited_s=_STOP_S)


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
