"""Small agents in processes of their own: for what happens at a fork and at the end."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass

from pilotfish.schemas.settings import Settings


@dataclass(frozen=True, slots=True)
class Done:
    """How a program ended."""

    status: int
    output: str
    errors: str
    took_s: float


def run(code: str, settings: Settings, timeout_s: float = 60.0) -> Done:
    """Run a program to its end. `took_s` counts from its line `END` in the output."""
    environment = {**os.environ, **settings.environment()}
    process = subprocess.Popen(
        [sys.executable, "-u", "-c", code],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        lines = []
        began = time.monotonic()
        for line in process.stdout:
            lines.append(line)
            if line == "END\n":
                break
        began = time.monotonic()
        output, errors = process.communicate(timeout=timeout_s)
    finally:
        process.kill()
    took_s = time.monotonic() - began
    return Done(process.returncode, "".join(lines) + output, errors, took_s)
