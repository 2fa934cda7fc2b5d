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


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path / "log", stop_within_s=0.5)
    yield process
    process.stop()


def test_it_runs_in_its_folder_and_session_until_it_is_stopped(
    server: ServerProcess, tmp_path: Path
) -> None:
    assert not server.is_running
    server.start(SAYS_HELLO, cwd=tmp_path)
    process = psutil.Process(server.pid)
    assert server.is_running
    assert process.cwd() == str(tmp_path.resolve())
    assert os.getsid(server.pid) == server.pid != os.getsid(0)
    server.stop()
    assert not server.is_running and not process.is_running()


def test_stopping_twice_or_before_the_start_does_nothing(server: ServerProcess) -> None:
    server.stop()
    server.stop()
    assert not server.is_running


def test_a_server_that_ignores_the_stop_is_killed(
    server: ServerProcess, tmp_path: Path
) -> None:
    server.start(HEARS_NOTHING, cwd=tmp_path)
    eventually(lambda: "deaf" in server.output())
    pid = server.pid
    server.stop()
    assert not psutil.pid_exists(pid)


def test_a_paused_server_is_stopped_in_order(
    server: ServerProcess, tmp_path: Path
) -> None:
    server.start(SAYS_HELLO, cwd=tmp_path)
    pid = server.pid
    os.kill(pid, signal.SIGSTOP)
    server.stop()
    assert not psutil.pid_exists(pid)


def test_a_killed_server_can_be_started_again(
    server: ServerProcess, tmp_path: Path
) -> None:
    server.start(SAYS_HELLO, cwd=tmp_path)
    server.kill()
    assert not server.is_running
    server.start(SAYS_HELLO, cwd=tmp_path)
    assert server.is_running


def test_the_output_is_that_of_the_last_start(
    server: ServerProcess, tmp_path: Path
) -> None:
    server.start(SAYS_HELLO, cwd=tmp_path)
    eventually(lambda: server.output() == ["hello", ""])
    server.kill()
    server.start(HEARS_NOTHING, cwd=tmp_path)
    eventually(lambda: server.output() == ["deaf", ""])
    assert (tmp_path / "log").read_text() == "hello\ndeaf\n"
