import json
import os
import signal
import subprocess
import sys
import threading

import pytest

from pilotfish.consumers.__main__ import main
from pilotfish.runtime.service.health import Health
from pilotfish.runtime.service.lifecycle import asking_first, serve, stop_on_signals
from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import DeadLetterLimitError, UnavailableError

SETTINGS = Settings()
HEALTH = Health(SETTINGS, "test", asks_clickhouse=False)


class Stop(threading.Event):
    """An event that is set, and notes how long it was waited for instead of waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.waited: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waited.append(timeout)
        return self.is_set()


def test_a_server_that_is_away_is_asked_again_ever_more_slowly() -> None:
    stop = Stop()

    def service(settings: Settings, stop: threading.Event, _: ServiceStatus) -> None:
        assert settings is SETTINGS
        if len(stop.waited) == 7:  # type: ignore[attr-defined]
            stop.set()
        else:
            raise UnavailableError("away")

    assert serve("test", service, SETTINGS, stop, HEALTH) == 0
    assert stop.waited == [0.25, 0.5, 1.0, 2.0, 4.0, 5.0, 5.0]


def test_what_waiting_does_not_heal_ends_the_process_with_one() -> None:
    def service(_settings: Settings, _stop: threading.Event, _: ServiceStatus) -> None:
        raise DeadLetterLimitError("too many")

    assert serve("test", service, SETTINGS, Stop(), HEALTH) == 1


def test_a_service_does_not_begin_before_kafka_answers() -> None:
    def service(_settings: Settings, _stop: threading.Event, _: ServiceStatus) -> None:
        raise AssertionError

    with pytest.raises(UnavailableError, match="for its topics"):
        asking_first(service)(Settings(kafka="127.0.0.1:1"), Stop(), ServiceStatus())


def test_a_bug_is_not_swallowed() -> None:
    def service(_settings: Settings, _stop: threading.Event, _: ServiceStatus) -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        serve("test", service, SETTINGS, Stop(), HEALTH)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_set_the_event(number: signal.Signals) -> None:
    before = {n: signal.getsignal(n) for n in (signal.SIGTERM, signal.SIGINT)}
    try:
        stop = stop_on_signals()
        assert not stop.is_set()
        os.kill(os.getpid(), number)
        assert stop.wait(1)
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def test_an_unknown_service_is_a_usage_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["bartender"])
    assert "archive" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["archive", "trigger", "memory"])
def test_a_service_without_servers_waits_and_ends_when_told(name: str) -> None:
    away = {
        "PILOTFISH_KAFKA": "127.0.0.1:1",
        "PILOTFISH_CLICKHOUSE": "http://127.0.0.1:1",
    }
    with subprocess.Popen(
        [sys.executable, "-m", "pilotfish.consumers", name],
        env=os.environ | away,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        first = json.loads(process.stderr.readline())
        assert (first["event"], first["service"]) == ("started", name)
        process.terminate()
        _, rest = process.communicate(timeout=60)
    assert process.returncode == 0
    assert json.loads(rest.splitlines()[-1])["event"] == "stopped"
