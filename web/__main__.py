"""`python -m pilotfish.web`: the HTTP door, configured by PILOTFISH_*."""

import sys

from pilotfish.runtime.service.lifecycle import run_process


def main() -> int:
    """Run the door until SIGTERM or SIGINT; return its exit status."""
    return run_process("web", "pilotfish.web.service")


if __name__ == "__main__":
    sys.exit(main())
