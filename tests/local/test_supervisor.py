import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults.processes import gone
from support.polling import eventually

from pilotfish._local.supervisor import RESTARTS, Child, Supervisor
from pilotfish.infra.embedded.guardian import Guardian
from pilotfish.schemas.errors import RequirementError

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


@pytest.fixture
def guardian() -> Iterator[Guardian]:
    with Guardian() as made:
        yield made


def test_a_child_that_dies_is_restarted_and_reported(
    log: Path, guardian: Guardian
) -> None:
    reports: list[str] = []
    children = {"sleeper": Child(SLEEP, {}, log)}
    with Supervisor(children, guardian, reports.append) as running:
        first = running.pids()["sleeper"]
        os.kill(first, signal.SIGKILL)
        eventually(lambda: reports and running.pids()["sleeper"] != first)
        second = running.pids()["sleeper"]
        assert not gone(second)
    assert reports == ["sleeper ended with status -9 and was restarted"]
    assert gone(second)


def test_a_child_that_keeps_dying_is_not_restarted_and_its_last_line_is_reported(
    log: Path, guardian: Guardian
) -> None:
    reports: list[str] = []
    failing = [sys.executable, "-c", "print('no broker here'); exit(3)"]
    with Supervisor({"failing": Child(failing, {}, log)}, guardian, reports.append):
        eventually(lambda: len(reports) > RESTARTS)
    assert len(reports) == RESTARTS + 1
    assert "is not restarted: no broker here" in reports[-1]


def test_leaving_stops_all_children_and_their_children(
    log: Path, tmp_path: Path, guardian: Guardian
) -> None:
    stubborn = tmp_path / "stubborn.log"
    children = {
        "parent": Child(PARENT, {}, log),
        "stubborn": Child(IGNORES_SIGTERM, {}, stubborn),
    }
    with Supervisor(children, guardian, lambda _: None) as running:
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
    child.launch()
    eventually(lambda: child.exit_status() is not None)
    assert log.read_text() == "mine\n"


class Late(Child):
    """A server that finds its port in use at every launch but the first and the last."""

    launches = 0

    def launch(self) -> None:
        self.launches += 1
        if 1 < self.launches < RESTARTS + 3:
            raise RequirementError("port 1 is in use")
        super().launch()


def test_a_child_that_cannot_be_launched_again_is_tried_until_it_can_be(
    log: Path, guardian: Guardian
) -> None:
    reports: list[str] = []
    late = Late(SLEEP, {}, log)
    with Supervisor({"late": late}, guardian, reports.append) as running:
        first = running.pids()["late"]
        os.kill(first, signal.SIGKILL)
        eventually(lambda: late.pid != first)
        eventually(lambda: len(reports), 2)
    ended = "late ended with status -9 and"
    assert reports == [
        f"{ended} cannot be restarted yet: port 1 is in use",
        f"{ended} was restarted",
    ]


class Unready(Child):
    """A server that never answers, interrupted or broken while one waits for it."""

    def __init__(self, log: Path, raised: BaseException) -> None:
        super().__init__(SLEEP, {}, log)
        self._raised = raised

    def await_ready(self) -> None:
        raise self._raised


@pytest.mark.parametrize("raised", [KeyboardInterrupt(), RequirementError("no")])
def test_a_start_that_is_interrupted_or_fails_leaves_no_process_behind(
    log: Path, tmp_path: Path, guardian: Guardian, raised: BaseException
) -> None:
    children = {
        "first": Child(SLEEP, {}, log),
        "second": Unready(tmp_path / "second.log", raised),
    }
    with (
        pytest.raises(type(raised)),
        Supervisor(children, guardian, lambda _: None),
    ):
        pass
    assert all(gone(child.pid) for child in children.values())


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let SIGINT raise here, also if the tests are a background job of a shell."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Interrupting(Child):
    """A service whose launch is met by Ctrl-C."""

    def launch(self) -> None:
        super().launch()
        os.kill(os.getpid(), signal.SIGINT)


@pytest.mark.usefixtures("interruptible")
def test_ctrl_c_in_the_middle_of_the_launches_leaves_no_process_behind(
    log: Path, guardian: Guardian
) -> None:
    first = Interrupting(SLEEP, {}, log)
    children = {"first": first, "second": Child(SLEEP, {}, log)}
    with (
        pytest.raises(KeyboardInterrupt),
        Supervisor(children, guardian, lambda _: None),
    ):
        pass
    assert gone(first.pid) and first.exit_status() is None


def test_the_guardian_hears_of_every_start(log: Path) -> None:
    """See tests/infra/embedded/test_guardian.py for what it does to processes."""
    watched: list[int] = []

    class Noting(Guardian):
        def watch(self, pid: int) -> None:
            watched.append(pid)
            super().watch(pid)

    with (
        Noting() as guardian,
        Supervisor({"sleeper": Child(SLEEP, {}, log)}, guardian, print) as running,
    ):
        os.kill(running.pids()["sleeper"], signal.SIGKILL)
        eventually(lambda: len(watched), 2)
        assert watched[-1] == running.pids()["sleeper"]
