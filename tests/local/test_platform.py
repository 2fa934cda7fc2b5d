"""The whole platform as `pilotfish up` runs it, used from the command line."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from statistics import fmean

import psutil
import pytest
from support.polling import eventually

from pilotfish._local.platform import enter_uninterrupted
from pilotfish._local.supervisor import Child, Supervisor
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.attempt_log.reader import read_attempts

LOG = Path(__file__).parents[2] / "../shared/data/intercode_sql.jsonl.gz"
ATTEMPTS = 80


def run(settings: Settings, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pilotfish", *arguments],
        env=os.environ | settings.environment(),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_a_log_of_real_attempts_is_replayed_and_labelled(up: Settings) -> None:
    finished = run(up, "replay", str(LOG), "--limit", str(ATTEMPTS), "--json")
    assert finished.returncode == 0, finished.stderr
    output = json.loads(finished.stdout)
    assert (output["published"], output["labelled"]) == (ATTEMPTS, ATTEMPTS)
    recorded: dict[str, list[float]] = {}
    for attempt in islice(read_attempts(LOG), ATTEMPTS):
        recorded.setdefault(attempt.approach, []).append(attempt.outcome)
    assert {row["approach"]: row["success_rate"] for row in output["approaches"]} == {
        approach: pytest.approx(fmean(outcomes), abs=1e-4)
        for approach, outcomes in recorded.items()
    }


@pytest.mark.slow
def test_status_sql_and_doctor_agree(up: Settings) -> None:
    counting = "SELECT count() AS n FROM attempts_current WHERE tenant = 'default'"
    counted = run(up, "sql", counting, "--json")
    [row] = json.loads(counted.stdout)
    status = json.loads(run(up, "status", "--json").stdout)
    assert status["attempts"] == status["labelled"] == row["n"]
    checks = json.loads(run(up, "doctor", "--json").stdout)
    assert [check for check in checks if not check["ok"]] == []


@pytest.mark.slow
def test_a_killed_service_is_restarted(up: Settings) -> None:
    log = up.home / "logs" / "archive.log"
    [archive] = [
        process
        for process in psutil.process_iter(["cmdline", "environ"])
        if "archive" in (process.info["cmdline"] or [])
        and (process.info["environ"] or {}).get("PILOTFISH_HOME") == str(up.home)
    ]
    archive.kill()
    eventually(lambda: log.read_text().count('"started"'), 2)


def test_a_port_in_use_is_one_line_before_anything_starts(up: Settings) -> None:
    finished = run(up, "up")
    assert finished.returncode == 1
    assert "for Kafka is in use" in finished.stderr
    assert len(finished.stderr.strip().splitlines()) == 1


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let SIGINT raise here, also if the tests are a background job of a shell."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupted_start_leaves_no_process_behind(tmp_path: Path) -> None:
    before = set(psutil.Process().children())

    class Interrupting(Child):
        def start(self) -> None:
            super().start()
            os.kill(os.getpid(), signal.SIGINT)

    sleep = [sys.executable, "-c", "import time; time.sleep(600)"]
    log = tmp_path / "log"
    children = {
        "first": Interrupting(sleep, {}, log),
        "second": Child(sleep, {}, log),
    }
    with pytest.raises(KeyboardInterrupt), ExitStack() as running:
        enter_uninterrupted(running, Supervisor(children, lambda _: None))
    assert all(child.exit_status() is None for child in children.values())
    assert set(psutil.Process().children()) <= before
