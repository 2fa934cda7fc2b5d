"""Loaded by Python itself at the start of a service: its clock can be moved.

The file named by FAULTS_CLOCK holds the seconds by which the clock is off.
"""

import os
import time
from datetime import datetime, timedelta, tzinfo
from pathlib import Path

import pilotfish.schemas.base

_true_time, _true_monotonic = time.time, time.monotonic
_off = [0.0, 0.0]
"""Seconds off, and when that was last looked up."""


def _seconds_off() -> float:
    now = _true_monotonic()
    if now - _off[1] > 0.1:
        place = Path(os.environ.get("FAULTS_CLOCK", os.devnull))
        _off[:] = float(place.read_text() or 0) if place.is_file() else 0.0, now
    return _off[0]


def _moved_time() -> float:
    return _true_time() + _seconds_off()


class _MovedDatetime(datetime):
    @classmethod
    def now(cls, tz: tzinfo | None = None) -> datetime:
        return datetime.now(tz) + timedelta(seconds=_seconds_off())


time.time = _moved_time
setattr(pilotfish.schemas.base, "datetime", _MovedDatetime)  # noqa: B010 - no type allows it
