"""The command line: `pilotfish --help`."""

from pilotfish._cli.app import main

__all__ = ["main"]
