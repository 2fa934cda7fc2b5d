"""Loaded by Python itself at the start of a trainer: it stops at a stage.

FAULTS_STAGE names the stage; there it stands still until it is killed.
"""

import os
import time
from collections.abc import Mapping

from pilotfish.trainers.record import ProgressFile

_write = ProgressFile._write


def _write_and_stop(self: ProgressFile, state: Mapping[str, object]) -> None:
    _write(self, state)
    if state.get("stage") == os.environ.get("FAULTS_STAGE"):
        time.sleep(3600)


setattr(ProgressFile, "_write", _write_and_stop)  # noqa: B010 - no type allows it
