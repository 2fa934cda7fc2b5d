import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from support.polling import eventually

from pilotfish.infra.embedded.process import ServerProcess

SAYS_HELLO = [sys.executable, "-c", "import time; print('hello', flush=True); time.sleep(600)"]  # fmt: skip
HEARS_NOTHING = [
    sys.executable,
    "-c",
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "print('deaf', flush=True); time.sleep(600)",
]


class Program(ServerProcess):
    """A program that serves nobody."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, folder / "log", stop_within_s=0.5)
        self.command = SAYS_HELLO

    def launch(self) -> None:
        self._launch(self.command)

    def runs(self) -> bool:
        return self._is_running()

    def output(self) -> list[str]:
        return self._output()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Program]:
    program = Program(tmp_path)
    yield program
    program.stop()


def test_it_runs_in_its_folder_and_session_until_it_is_stopped(
    server: Program, tmp_path: Path
) -> None:
    assert not server.runs()
    server.start()
    process = psutil.Process(server.pid)
    assert server.runs()
    assert process.cwd() == str(tmp_path.resolve())
    assert os.getsid(server.pid) == server.pid != os.getsid(0)
    server.stop()
    assert not server.runs() and not process.is_running()


def test_stopping_twice_or_before_the_start_does_nothing(server: Program) -> None:
    server.stop()
    server.stop()
    assert not server.runs()


def test_a_server_that_ignores_the_stop_is_killed(
    server: Program,
) -> None:
    server.command = HEARS_NOTHING
    server.start()
    eventually(lambda: "deaf" in server.output())
    pid = server.pid
    server.stop()
    assert not psutil.pid_exists(pid)


def test_a_paused_server_is_stopped_in_order(
    server: Program,
) -> None:
    server.start()
    pid = server.pid
    os.kill(pid, signal.SIGSTOP)
    server.stop()
    assert not psutil.pid_exists(pid)


def test_a_killed_server_can_be_started_again(
    server: Program,
) -> None:
    server.start()
    server.kill()
    assert not server.runs()
    server.start()
    assert server.runs()


def test_the_output_is_that_of_the_last_start(server: Program, tmp_path: Path) -> None:
    server.start()
    eventually(lambda: server.output() == ["hello", ""])
    server.kill()
    server.command = HEARS_NOTHING
    server.start()
    eventually(lambda: server.output() == ["deaf", ""])
    assert (tmp_path / "log").read_text() == "hello\ndeaf\n"
