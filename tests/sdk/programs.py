"""Small agents in processes of their own, for tests of forks and exits."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass

from pilotfish.runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class Finished:
    """How a program ended."""

    status: int
    output: str
    errors: str
    took_s: float


def run(code: str, settings: Settings, timeout_s: float = 60.0) -> Finished:
    """Run a program to its end; `took_s` counts from the line `END` in its output."""
    with subprocess.Popen(
        [sys.executable, "-u", "-c", code],
        env={**os.environ, **settings.environment()},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            return _watch(process, timeout_s)
        finally:
            # With the children that it may have left behind.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


def _watch(process: subprocess.Popen[str], timeout_s: float) -> Finished:
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if line == "END\n":
            break
    began = time.monotonic()
    output, errors = process.communicate(timeout=timeout_s)
    took_s = time.monotonic() - began
    return Finished(process.returncode, "".join(lines) + output, errors, took_s)
