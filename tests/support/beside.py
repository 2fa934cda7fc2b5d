"""A service's loop in a thread beside a test."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pilotfish.runtime.service.background import in_background
from pilotfish.runtime.service.lifecycle import Service
from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.runtime.settings import Settings


@contextmanager
def beside(service: Service, settings: Settings) -> Iterator[None]:
    """Run a service until the block is left; raise what it raises."""
    stop = threading.Event()
    future = in_background(lambda: service(settings, stop, ServiceStatus()))
    try:
        yield
    finally:
        stop.set()
        future.result(60)
