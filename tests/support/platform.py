"""`pilotfish up` as a process, with what it says in a file."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from pilotfish.runtime.settings import Settings


@contextmanager
def running_up(
    settings: Settings, environment: Mapping[str, str] | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """Run `pilotfish up`; whoever leaves the block has ended it.

    Args:
        settings: of the platform.
        environment: what it finds there besides its settings.
    """
    with (
        _terminal(settings).open("wb") as terminal,
        subprocess.Popen(
            [sys.executable, "-m", "pilotfish", "up"],
            env={**os.environ, **settings.environment(), **(environment or {})},
            stdout=terminal,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def said(settings: Settings) -> str:
    """Return what `pilotfish up` has written to its terminal."""
    return _terminal(settings).read_text()


def _terminal(settings: Settings) -> Path:
    return settings.home.with_suffix(".terminal")
