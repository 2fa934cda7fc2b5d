import os
import signal
import sys
import time
from pathlib import Path

import pytest
from faults.processes import gone
from polling import eventually

from pilotfish._local.supervisor import RESTARTS, Child, Supervisor

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
DEAF = [
    sys.executable,
    "-c",
    "import signal, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "print('deaf', flush=True)\n"
    "time.sleep(600)",
]
PARENT = [
    sys.executable,
    "-c",
    "import subprocess, sys\n"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])\n"
    "print(child.pid, flush=True)\n"
    "child.wait()",
]


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "service.log"


def test_who_dies_is_started_again_and_said(log: Path) -> None:
    said: list[str] = []
    with Supervisor({"sleeper": Child(SLEEP, {}, log)}, said.append) as running:
        first = running.pids()["sleeper"]
        os.kill(first, signal.SIGKILL)
        eventually(lambda: said and running.pids()["sleeper"] != first)
        second = running.pids()["sleeper"]
        assert not gone(second)
    assert said == ["sleeper ended with status -9 and was started again"]
    assert gone(second)


def test_who_dies_again_and_again_stays_down_with_its_last_words(log: Path) -> None:
    said: list[str] = []
    failing = [sys.executable, "-c", "print('no broker here'); exit(3)"]
    with Supervisor({"failing": Child(failing, {}, log)}, said.append):
        eventually(lambda: len(said) > RESTARTS)
    assert len(said) == RESTARTS + 1
    assert "stays down: no broker here" in said[-1]


def test_leaving_stops_all_with_what_they_started(log: Path, tmp_path: Path) -> None:
    deaf = tmp_path / "deaf.log"
    children = {"parent": Child(PARENT, {}, log), "deaf": Child(DEAF, {}, deaf)}
    with Supervisor(children, lambda _: None) as running:
        eventually(lambda: log.exists() and log.read_text().strip())
        eventually(lambda: deaf.exists() and deaf.read_text().strip())
        pids = [*running.pids().values(), int(log.read_text())]
        os.kill(running.pids()["parent"], signal.SIGSTOP)
        leaving = time.monotonic()
    assert time.monotonic() - leaving < 60  # the deaf one sleeps for ten minutes
    assert all(gone(pid) for pid in pids)


def test_settings_reach_the_child(log: Path) -> None:
    show = [sys.executable, "-c", "import os; print(os.environ['PILOTFISH_TENANT'])"]
    child = Child(show, {"PILOTFISH_TENANT": "mine"}, log)
    child.start()
    eventually(lambda: child.died() is not None)
    assert log.read_text() == "mine\n"
