"""`python -m pilotfish.consumers NAME`, configured by PILOTFISH_*."""

import argparse
import os
import sys

from pilotfish.runtime.clickhouse import spare_pandas
from pilotfish.runtime.service.lifecycle import run_process

SERVICES = ("archive", "advisor", "trigger", "memory", "traces", "label_export")


def main(arguments: list[str] | None = None) -> int:
    """Run the named service until SIGTERM or SIGINT; return its exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m pilotfish.consumers", description=__doc__
    )
    parser.add_argument("service", choices=SERVICES)
    name = parser.parse_args(arguments).service
    spare_pandas()
    # The head's matrices are small: more threads wait for one another on busy cores.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    return run_process(name, f"pilotfish.consumers.{name}.handler")


if __name__ == "__main__":
    sys.exit(main())
