"""`python -m pilotfish.consumers archive|advisor|trigger|memory`, configured by PILOTFISH_*."""

import argparse
import os
import sys
from importlib import import_module

from pilotfish.runtime.clickhouse import spare_pandas
from pilotfish.runtime.service import logs
from pilotfish.runtime.service.health import Health
from pilotfish.runtime.service.lifecycle import (
    asking_first,
    end_in_time,
    serve,
    stop_on_signals,
)
from pilotfish.runtime.settings import Settings

SERVICES = ("archive", "advisor", "trigger", "memory")


def main(arguments: list[str] | None = None) -> int:
    """Run the named service until SIGTERM or SIGINT; return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m pilotfish.consumers", description=__doc__
    )
    parser.add_argument("service", choices=SERVICES)
    name = parser.parse_args(arguments).service
    logs.configure(name)
    stop = stop_on_signals()
    end_in_time(name, stop)
    spare_pandas()
    # The head's matrices are small: more threads wait for one another on busy cores.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # By name: the advisor brings onnxruntime, which the others need not load.
    service = import_module(f"pilotfish.consumers.{name}.handler")
    settings = Settings()
    health = Health(settings, service.GROUP, asks_clickhouse=service.ASKS_CLICKHOUSE)
    return serve(name, asking_first(service.run), settings, stop, health)


if __name__ == "__main__":
    sys.exit(main())
