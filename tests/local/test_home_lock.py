"""One platform for each home, and one clear line for who comes second."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from pilotfish._local.home_lock import HomeLock
from pilotfish.schemas.errors import ConfigurationError, RequirementError

HOLDER = """
import sys
from pathlib import Path
from pilotfish._local.home_lock import HomeLock
from pilotfish.infra.embedded.guardian import Guardian
import subprocess
with HomeLock(Path(sys.argv[1])) as lock, Guardian([lock.descriptor]) as guardian:
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"],
                             stdout=subprocess.DEVNULL, start_new_session=True)
    guardian.watch(child.pid)
    print("held", flush=True)
    sys.stdin.read()
    child.kill()
    child.wait()
"""


@contextmanager
def holder(home: Path) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(home)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process


def test_a_second_one_is_told_who_has_the_home(tmp_path: Path) -> None:
    with holder(tmp_path) as process:
        with pytest.raises(RequirementError, match=f"process {process.pid}") as raised:
            HomeLock(tmp_path).__enter__()
        assert str(tmp_path) in str(raised.value)
        assert "\n" not in str(raised.value)
        process.communicate()
    with HomeLock(tmp_path):
        assert (tmp_path / "up.lock").read_text() == str(os.getpid())


def test_after_a_kill_the_home_is_free_when_the_last_process_has_ended(
    tmp_path: Path,
) -> None:
    with holder(tmp_path) as process:
        process.kill()
        process.wait()
        with HomeLock(tmp_path):
            pass


def test_a_home_is_free_again_after_each_of_many_holders(tmp_path: Path) -> None:
    for _ in range(3):
        with HomeLock(tmp_path / "new" / "home") as lock:
            assert lock.others() == []
            (tmp_path / "new" / "home" / "file").touch()
            assert [path.name for path in lock.others()] == ["file"]
            (tmp_path / "new" / "home" / "file").unlink()


def unusable(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "file").touch()
    yield tmp_path / "file"
    yield tmp_path / "file" / "below"
    (tmp_path / "theirs" / "up.lock").mkdir(parents=True)
    yield tmp_path / "theirs"  # its lock cannot be opened, as one of another user
    if Path("/proc/self").exists():
        yield Path("/proc/pilotfish")  # even root may not
        yield Path("/proc")


def test_a_home_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    for home in unusable(tmp_path):
        with pytest.raises(ConfigurationError, match="PILOTFISH_HOME is") as raised:
            HomeLock(home).__enter__()
        assert str(home) in str(raised.value) and "\n" not in str(raised.value)


def test_two_that_come_together_are_one_holder(tmp_path: Path) -> None:
    with HomeLock(tmp_path):
        code = HOLDER.replace("sys.stdin.read()", "pass")
        second = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path)],
            capture_output=True,
            text=True,
            check=False,
        )
    assert second.returncode == 1
    assert f"process {os.getpid()}" in second.stderr
