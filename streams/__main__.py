"""`python -m pilotfish.streams`: labels attempts and counts windows.

Settings come from PILOTFISH_* in the environment.
"""

import os
import sys

import structlog

from pilotfish.runtime.service.lifecycle import run_process


def main() -> int:
    """Run one worker until SIGTERM or SIGINT; return its exit status."""
    try:
        return run_process("streams", "pilotfish.streams.service")
    except Exception:  # noqa: BLE001 - a bug: logged, and threads are abandoned
        structlog.get_logger(service="streams").exception("failed")
        return 1


if __name__ == "__main__":
    status = main()
    sys.stderr.flush()
    # Immediately: threads that wait for a server must not delay the exit.
    os._exit(status)
