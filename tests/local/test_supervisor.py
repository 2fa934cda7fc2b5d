import os
import signal
import sys
import time
from pathlib import Path

import pytest
from faults.processes import gone
from support.polling import eventually

from pilotfish._local.supervisor import RESTARTS, Child, Supervisor

SLEEP = [sys.executable, "-c", "import time; time.sleep(600)"]
IGNORES_SIGTERM = [
    sys.executable,
    "-c",
    "import signal, time\n"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
    "print('ready', flush=True)\n"
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


def test_a_child_that_dies_is_restarted_and_reported(log: Path) -> None:
    reports: list[str] = []
    with Supervisor({"sleeper": Child(SLEEP, {}, log)}, reports.append) as running:
        first = running.pids()["sleeper"]
        os.kill(first, signal.SIGKILL)
        eventually(lambda: reports and running.pids()["sleeper"] != first)
        second = running.pids()["sleeper"]
        assert not gone(second)
    assert reports == ["sleeper ended with status -9 and was restarted"]
    assert gone(second)


def test_a_child_that_keeps_dying_is_not_restarted_and_its_last_line_is_reported(
    log: Path,
) -> None:
    reports: list[str] = []
    failing = [sys.executable, "-c", "print('no broker here'); exit(3)"]
    with Supervisor({"failing": Child(failing, {}, log)}, reports.append):
        eventually(lambda: len(reports) > RESTARTS)
    assert len(reports) == RESTARTS + 1
    assert "is not restarted: no broker here" in reports[-1]


def test_leaving_stops_all_children_and_their_children(
    log: Path, tmp_path: Path
) -> None:
    stubborn = tmp_path / "stubborn.log"
    children = {
        "parent": Child(PARENT, {}, log),
        "stubborn": Child(IGNORES_SIGTERM, {}, stubborn),
    }
    with Supervisor(children, lambda _: None) as running:
        eventually(lambda: log.exists() and log.read_text().strip())
        eventually(lambda: stubborn.exists() and stubborn.read_text().strip())
        pids = [*running.pids().values(), int(log.read_text())]
        os.kill(running.pids()["parent"], signal.SIGSTOP)
        leaving = time.monotonic()
    assert time.monotonic() - leaving < 60  # the deaf one sleeps for ten minutes
    assert all(gone(pid) for pid in pids)


def test_settings_reach_the_child(log: Path) -> None:
    show = [sys.executable, "-c", "import os; print(os.environ['PILOTFISH_TENANT'])"]
    child = Child(show, {"PILOTFISH_TENANT": "mine"}, log)
    child.start()
    eventually(lambda: child.exit_status() is not None)
    assert log.read_text() == "mine\n"
