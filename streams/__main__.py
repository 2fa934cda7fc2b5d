"""`python -m pilotfish.streams`: labels attempts and counts windows.

Settings come from PILOTFISH_* in the environment.
"""

import os
import signal
import sys
import threading

import structlog
from pydantic import ValidationError

from pilotfish.runtime.service import logs
from pilotfish.runtime.settings import Settings


def main() -> int:
    """Run one worker until SIGTERM or SIGINT; return its exit status."""
    logs.configure("streams")
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        settings = Settings()
    except ValidationError as error:
        log = structlog.get_logger(service="streams")
        log.error("failed", kind="ConfigurationError", error=str(error))  # noqa: TRY400
        return 1
    # After the signal handlers, because Faust takes seconds to load.
    from pilotfish.streams.service import serve

    return serve(settings, stop)


if __name__ == "__main__":
    status = main()
    sys.stderr.flush()
    # Immediately: threads that wait for a server must not delay the exit.
    os._exit(status)
