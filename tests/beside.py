"""A service's loop in a thread beside a test."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from pilotfish.consumers.background import in_background
from pilotfish.consumers.service import Service
from pilotfish.schemas.settings import Settings
from pilotfish.streams.standing import Standing


@contextmanager
def beside(service: Service, settings: Settings) -> Iterator[None]:
    """Run a service until the block is left; raise what it raises."""
    stop = threading.Event()
    future = in_background(lambda: service(settings, stop, Standing()))
    try:
        yield
    finally:
        stop.set()
        future.result(20)
