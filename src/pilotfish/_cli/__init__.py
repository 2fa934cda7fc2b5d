"""The command line: `pilotfish --help`."""

import sys

__all__ = ["main"]


def main() -> None:
    """Run the command line; Ctrl-C while it loads ends it without a traceback."""
    try:
        from pilotfish._cli import app
    except KeyboardInterrupt:
        sys.exit(130)
    app.main()
