import os
import threading

import pytest

from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import UnavailableError
from pilotfish.streams import service


class ReplacedError(Exception):
    """The process would be another one now."""


def replace(_path: str, arguments: list[str]) -> None:
    raise ReplacedError(arguments[-1])


def run(settings: Settings) -> None:
    service.run(settings, threading.Event(), ServiceStatus())


def test_after_faust_ran_the_process_is_replaced(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ran = threading.Event()
    ran.set()
    monkeypatch.setattr(service, "_FAUST_RAN", ran)
    monkeypatch.setattr(os, "execv", replace)
    with pytest.raises(ReplacedError, match=r"pilotfish\.streams"):
        run(Settings())


def test_while_kafka_is_away_faust_is_not_started_and_the_process_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(service, "_FAUST_RAN", threading.Event())
    monkeypatch.setattr(os, "execv", replace)
    for _ in range(2):
        with pytest.raises(UnavailableError, match="for its topics"):
            run(Settings(kafka="127.0.0.1:1"))
