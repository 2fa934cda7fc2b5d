"""The life of a service's process: signals set `stop`, and servers that are away are retried.

A kill at any moment is harmless, and this makes the end simple: what waits for a server
when `stop` is set, and does not come to its end in time, is left behind.
"""

import os
import signal
import threading
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any, Final

import structlog
from pydantic import ValidationError

from pilotfish.runtime.kafka import topics
from pilotfish.runtime.retry import waits
from pilotfish.runtime.service import logs
from pilotfish.runtime.service.gc_tuning import tune_gc
from pilotfish.runtime.service.health import Health
from pilotfish.runtime.service.metrics_server import listening
from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.runtime.settings import Settings, wrong_settings
from pilotfish.schemas.errors import PilotfishError, UnavailableError

Service = Callable[[Settings, threading.Event, ServiceStatus], None]
"""Works until the event is set; raises UnavailableError to be called again."""

_ASK_S: Final = 2.0
"""Less than `_END_S`, because a service that has to stop may be asking Kafka."""
_END_S: Final = 4.0


def run_process(name: str, module: str) -> int:
    """Be the process of a service until SIGTERM or SIGINT; return its exit status.

    Args:
        name: the service, as its logs and metrics show it.
        module: has the service as `run`, its consumer group as `GROUP`, and in
            `ASKS_CLICKHOUSE` whether it is of use without ClickHouse. Loaded by name,
            and after the signals are handled, because that takes seconds.
    """
    logs.configure(name)
    stop = stop_on_signals()
    end_in_time(name, stop)
    try:
        settings = Settings()
    except ValidationError as error:
        log = structlog.get_logger(service=name)
        refused = str(wrong_settings(error))
        log.error("failed", kind="ConfigurationError", error=refused)  # noqa: TRY400
        return 1
    service: Any = import_module(module)
    health = Health(settings, service.GROUP, asks_clickhouse=service.ASKS_CLICKHOUSE)
    return serve(name, asking_first(service.run), settings, stop, health)


def asking_first(service: Service) -> Service:
    """Return a service that asks Kafka for its topics before it begins.

    A consumer would take a certificate of an unknown authority for a cut connection and
    wait forever, and it would notice a wrong password later.

    Raises:
        ConfigurationError, UnavailableError: from the service, as `kafka.topics`.
    """

    def run(settings: Settings, stop: threading.Event, status: ServiceStatus) -> None:
        topics(settings, _ASK_S)
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

    After UnavailableError it runs again, with a growing back-off. Any other error of ours
    is logged and ends the process with 1: to run again would not heal it.
    """
    log = structlog.get_logger(service=name)
    log.info("started")
    tune_gc()
    try:
        with listening(name, settings, health):
            _run_until_stopped(log, service, settings, stop, health.status)
    except PilotfishError as error:
        log.error(  # noqa: TRY400 - expected errors need no trace
            "failed", kind=type(error).__name__, error=str(error)
        )
        return 1
    log.info("stopped")
    return 0


def _run_until_stopped(
    log: structlog.typing.FilteringBoundLogger,
    service: Service,
    settings: Settings,
    stop: threading.Event,
    status: ServiceStatus,
) -> None:
    for wait_s in waits():
        if stop.is_set():
            return
        status.begin()
        try:
            service(settings, stop, status)
        except UnavailableError as error:
            log.warning("waiting", error=str(error), wait_s=wait_s)
            stop.wait(wait_s)
