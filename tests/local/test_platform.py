"""The whole platform as `pilotfish up` runs it, used from the command line."""

import json
import os
import signal
import subprocess
import sys
from itertools import islice
from pathlib import Path
from statistics import fmean

import psutil
import pytest
from support.platform import running_up, said
from support.polling import eventually

import pilotfish
from pilotfish.advisors.store import ModelStore
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.attempt_log.reader import read_attempts
from pilotfish.schemas.errors import UnavailableError
from pilotfish.schemas.ids import new_id

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
    base = ModelStore(up.models).base().card.version
    assert (status["advisor"], status["trainings"]) == (base, "on")
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


def killed(settings: Settings, word: str) -> None:
    """Kill the process of this home whose command has that word."""
    [server] = [
        process
        for process in psutil.process_iter(["cmdline"])
        if word in (process.info["cmdline"] or [])
        and any(str(settings.home) in part for part in process.info["cmdline"])
    ]
    server.kill()


def labelled(settings: Settings) -> int | None:
    query = (
        "SELECT countIf(p_success = 1) FROM attempts_current WHERE tenant = {t:String}"
    )
    try:
        [(count,)] = ClickHouse(settings).query(query, {"t": settings.tenant})
    except UnavailableError:
        return None
    return int(count)


@pytest.mark.slow(60)
@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("Kafka", "kafka.Kafka"),
        ("ClickHouse", "pilotfish.infra.embedded.clickhouse.gateway"),
    ],
)
def test_a_killed_server_is_back_and_nothing_is_lost(
    up: Settings, name: str, word: str
) -> None:
    mine = up.model_copy(update={"tenant": f"t-{new_id()}"})
    with pilotfish.connect(kafka=mine.kafka, tenant=mine.tenant) as pilot:
        for number in range(30):
            with pilot.attempt(f"problem {number}") as attempt:
                attempt.succeed()
            if number == 10:
                assert pilot.flush(60)
                killed(mine, word)
        assert pilot.flush(60)
    eventually(lambda: labelled(mine), 30)
    assert f"{name} ended with status -9 and was restarted" in said(up)


def test_a_second_one_in_the_same_home_touches_nothing(up: Settings) -> None:
    properties = up.home / "kafka/server.properties"
    before = properties.read_text()
    other = {"kafka": "127.0.0.1:1", "clickhouse": "http://127.0.0.1:2"}
    finished = run(up.model_copy(update=other), "up")
    assert finished.returncode == 1
    [line] = finished.stderr.strip().splitlines()
    assert f"{up.home} is in use by another pilotfish, process" in line
    assert properties.read_text() == before


def test_a_port_in_use_is_one_line_before_anything_starts(
    up: Settings, tmp_path: Path
) -> None:
    finished = run(up.model_copy(update={"home": tmp_path}), "up")
    assert finished.returncode == 1
    assert "for Kafka is in use" in finished.stderr
    assert len(finished.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "kafka").exists()


def test_addresses_that_cannot_be_are_one_line_before_anything_starts(
    apart: Settings,
) -> None:
    of_kafka = int(apart.kafka.rpartition(":")[2])
    settings: tuple[tuple[dict[str, object], str], ...] = (
        ({"clickhouse": "https://127.0.0.1:1"}, "at http://127.0.0.1:PORT"),
        ({"http_port": of_kafka}, f"port {of_kafka} is set for Kafka and for HTTP"),
    )
    for setting, what in settings:
        finished = run(apart.model_copy(update=setting), "up")
        [line] = finished.stderr.strip().splitlines()
        assert finished.returncode == 1 and finished.stdout == ""
        assert what in line


@pytest.mark.slow(30)
def test_after_kill_9_no_process_is_left(apart: Settings) -> None:
    with running_up(apart) as process:
        eventually(lambda: "pilotfish is up" in said(apart))
        children = psutil.Process(process.pid).children(recursive=True)
        assert len(children) >= 10
        process.kill()
        _, remaining = psutil.wait_procs(children, timeout=60)
    assert remaining == []


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_start_can_be_stopped(apart: Settings, number: signal.Signals) -> None:
    with running_up(apart) as process:
        eventually((apart.home / "kafka/kafka.log").exists)
        children = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(number)
        assert process.wait(60) == 130
        _, remaining = psutil.wait_procs(children, timeout=60)
    assert remaining == []
    assert said(apart).splitlines()[-1] == "stopped before it was up"
