"""A parent that is killed leaves no process behind, whatever the processes do."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from faults.processes import gone
from support.polling import eventually

from pilotfish.infra.embedded.guardian import Guardian

DEAF = (
    "import signal, subprocess, sys, time;"
    "signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']);"
    "print(child.pid, flush=True);"
    "time.sleep(600)"
)
PARENT = f"""
import subprocess, sys, time
from pilotfish.infra.embedded.guardian import Guardian
with Guardian() as guardian:
    for number in range(2):
        child = subprocess.Popen([sys.executable, "-c", {DEAF!r}],
                                 stdout=subprocess.PIPE, text=True,
                                 start_new_session=True)
        guardian.watch(child.pid)
        print(child.pid, child.stdout.readline().strip())
    print(guardian.pid, flush=True)
    time.sleep(600)
"""


@contextmanager
def parent() -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """A process with a guardian, last of the pids, and two children with a child each."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(3)]
        pids = [int(pid) for line in lines for pid in line.split()]
        try:
            yield process, pids
        finally:
            process.kill()
            for pid in pids:
                if not gone(pid):
                    os.kill(pid, signal.SIGKILL)


def sleeper() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", "import time; time.sleep(600)"]
    return subprocess.Popen(command, start_new_session=True)


def test_after_a_kill_even_deaf_processes_and_their_children_end() -> None:
    with parent() as (process, pids):
        assert len(pids) == 5 and not any(gone(pid) for pid in pids)
        process.kill()
        eventually(lambda: [pid for pid in pids if not gone(pid)], [])


def test_a_paused_process_ends_too() -> None:
    with parent() as (process, pids):
        os.kill(pids[0], signal.SIGSTOP)
        process.kill()
        eventually(lambda: [pid for pid in pids if not gone(pid)], [])


def test_an_orderly_end_leaves_alone_what_was_released_and_what_was_not() -> None:
    released, kept = sleeper(), sleeper()
    with Guardian() as guardian:
        guardian.watch(released.pid)
        guardian.watch(kept.pid)
        guardian.release(released.pid)
        pid = guardian.pid
    assert gone(pid)
    assert released.poll() is None and kept.poll() is None
    for process in (released, kept):
        process.kill()
        process.wait()


def test_a_guardian_that_is_killed_is_replaced_and_knows_its_processes() -> None:
    with sleeper() as watched, Guardian() as guardian:
        guardian.watch(watched.pid)
        first = guardian.pid
        os.kill(first, signal.SIGKILL)

        def replaced() -> bool:
            guardian.keep()
            return guardian.pid != first

        eventually(replaced)
        assert not gone(guardian.pid)
        watched.kill()


def open_files(folder: Path) -> set[Path]:
    """Return what a process has open; it may close some meanwhile."""
    paths = set()
    for link in folder.iterdir():
        with suppress(FileNotFoundError):
            paths.add(link.readlink())
    return paths


def test_the_guardian_keeps_what_it_inherited_open(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as file:
        held = file.fileno()
        with Guardian([held]) as guardian:
            folder = Path(f"/proc/{guardian.pid}/fd")
            if folder.exists():  # Linux
                eventually(lambda: tmp_path / "lock" in open_files(folder))
