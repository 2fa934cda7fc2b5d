"""How a service lives: signals set `stop`, and what is away is asked again for ever.

A kill at any moment is harmless, and this makes the end simple: what waits for a server
when `stop` is set, and does not come to its end in time, is left behind.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from typing import Final

import structlog

from pilotfish.runtime.kafka import topics
from pilotfish.runtime.service.gc_tuning import tune_gc
from pilotfish.runtime.service.health import Health
from pilotfish.runtime.service.metrics_server import listening
from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import PilotfishError, UnavailableError

Service = Callable[[Settings, threading.Event, ServiceStatus], None]

_LONGEST_S: Final = 10.0
"""A server that came back is noticed after this long at the latest."""
_ASKED_S: Final = 2.0
"""A service that is told to stop may be asking: less than it has for that."""
_END_S: Final = 4.0


def asking_first(service: Service) -> Service:
    """Return a service that asks Kafka for its topics before it begins.

    A consumer takes an authority it does not know for a cut connection, and would wait
    for ever; a Kafka that does not know the consumer, it would take longer to notice.

    Raises:
        ConfigurationError, UnavailableError: from the service, as `streams.kafka.topics`.
    """

    def run(settings: Settings, stop: threading.Event, status: ServiceStatus) -> None:
        topics(settings, _ASKED_S)
        service(settings, stop, status)

    return run


def stop_on_signals() -> threading.Event:
    """Return an event that SIGTERM and SIGINT set; only in the main thread."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def end_in_time(name: str, stop: threading.Event) -> None:
    """End this process four seconds after `stop` was set, whatever it then waits for."""

    def watch() -> None:
        stop.wait()
        time.sleep(_END_S)
        structlog.get_logger(service=name).warning("left_behind", waited_s=_END_S)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def serve(
    name: str,
    service: Service,
    settings: Settings,
    stop: threading.Event,
    health: Health,
) -> int:
    """Run a service until `stop` is set; return the exit status of the process.

    UnavailableError is waited out with a growing back-off. Any other error of ours is
    logged and ends the process with 1: starting again would not heal it.
    """
    log = structlog.get_logger(service=name)
    log.info("started")
    tune_gc()
    try:
        with listening(name, settings, health):
            _run_patiently(log, service, settings, stop, health.status)
    except PilotfishError as error:
        log.error(  # noqa: TRY400 - expected errors need no trace
            "failed", kind=type(error).__name__, error=str(error)
        )
        return 1
    log.info("stopped")
    return 0


def _run_patiently(
    log: structlog.typing.FilteringBoundLogger,
    service: Service,
    settings: Settings,
    stop: threading.Event,
    status: ServiceStatus,
) -> None:
    wait_s = 0.5
    while not stop.is_set():
        status.begin()
        try:
            service(settings, stop, status)
        except UnavailableError as error:
            log.warning("waiting", error=str(error), wait_s=wait_s)
            stop.wait(wait_s)
            wait_s = min(2 * wait_s, _LONGEST_S)
