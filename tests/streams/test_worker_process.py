"""The worker's process: the same labels, errors passed on, ends with its parent."""

import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from faults.processes import gone
from faults.records import records
from faults.replay import events
from support.polling import eventually

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.service.background import in_background
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import StorageError, UnavailableError
from pilotfish.schemas.topics import EVENTS
from pilotfish.streams.worker_process import WorkerProcess

LABELLED = "SELECT countIf(version > 0) FROM attempts_current WHERE tenant = {t:String}"

PARENT = """
import sys
from pilotfish.runtime.settings import Settings
from pilotfish.streams.worker_process import WorkerProcess
if __name__ == "__main__":
    worker = WorkerProcess(Settings())
    worker.ready()
    print(worker.pid, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def worker(settings: Settings) -> Iterator[WorkerProcess]:
    made = WorkerProcess(settings)
    made.ready()
    yield made
    made.end()


def test_batches_are_labelled_with_and_without_a_cache(
    settings: Settings, worker: WorkerProcess
) -> None:
    batch = records(events(settings.tenant, 20))
    first = worker.process(batch[:50])
    worker.forget()
    second = worker.process(batch[50:])
    labelled = ClickHouse(settings).query(LABELLED, {"t": settings.tenant})
    assert labelled == [(20,)]
    assert first.ends == {(EVENTS.name, 0): 50}
    assert second.ends == {(EVENTS.name, 0): len(batch)}
    labels = Counter(first.labels) + Counter(second.labels)
    assert labels.keys() == {"success", "failure", "infrastructure"}
    assert labels["infrastructure"] == 1
    assert first.unreadable == second.unreadable == 0


def test_a_process_that_waits_for_a_server_sends_heartbeats(
    settings: Settings,
) -> None:
    unreachable = settings.model_copy(update={"clickhouse": "http://127.0.0.1:1"})
    worker = WorkerProcess(unreachable)
    worker.ready()
    assert worker.silent_s == 0
    waiting = in_background(
        lambda: worker.process(records(events(unreachable.tenant, 1)))
    )
    silent = [0.0]

    def sent_heartbeat() -> bool:
        silent.append(worker.silent_s)
        return 0 < silent[-1] < silent[-2]

    for _ in range(2):
        eventually(sent_heartbeat)
    worker.end()
    with pytest.raises(UnavailableError, match="process ended"):
        waiting.result(60)
    assert worker.silent_s == 0


def test_an_error_is_raised_with_its_type(settings: Settings) -> None:
    wrong = settings.model_copy(update={"clickhouse_database": "nowhere"})
    worker = WorkerProcess(wrong)
    worker.ready()
    with pytest.raises(StorageError, match="nowhere"):
        worker.process(records(events(settings.tenant, 1)))
    worker.end()


def test_a_process_that_ended_is_unavailable(worker: WorkerProcess) -> None:
    os.kill(worker.pid, signal.SIGKILL)
    with pytest.raises(UnavailableError, match="process ended"):
        worker.process([])


def test_the_process_ends_with_its_parent(settings: Settings, tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    parent = subprocess.Popen(
        [sys.executable, str(script)],
        env={**os.environ, **settings.environment()},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert not gone(pid)
        parent.kill()
    eventually(lambda: gone(pid))
