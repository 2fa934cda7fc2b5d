"""The HTTP door in a thread of a test."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from support.polling import eventually

from pilotfish.infra.embedded.ports import free_ports
from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.runtime.settings import Settings
from pilotfish.web.service import run
from pilotfish.web.tenants import address


@contextmanager
def running_door(settings: Settings, **changes: object) -> Iterator[str]:
    """Run the door on a free port; yields its URL."""
    settings = settings.model_copy(update={"http_port": free_ports(1)[0], **changes})
    stop, status = threading.Event(), ServiceStatus()
    with ThreadPoolExecutor() as pool:
        running = pool.submit(run, settings, stop, status)
        try:
            eventually(lambda: status.joined or running.done())
            yield address(settings)
        finally:
            stop.set()
            running.result(60)
