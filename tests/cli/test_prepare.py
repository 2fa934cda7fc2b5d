"""`pilotfish prepare` on a database and a Kafka of other tests."""

import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pilotfish.infra.embedded.clickhouse.gateway import EmbeddedClickHouse
from pilotfish.infra.provision.migrations import shipped
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings

COMMAND = [sys.executable, "-m", "pilotfish", "prepare"]


def prepare(settings: Settings, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *options],
        env=settings.environment() | {"COLUMNS": "1000"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_makes_what_is_missing_and_may_run_again(settings: Settings) -> None:
    name = "p_" + settings.tenant.replace("-", "_")
    ClickHouse(settings).command(f"CREATE DATABASE {name}")
    fresh = settings.model_copy(update={"clickhouse_database": name})
    done = prepare(fresh)
    assert done.returncode == 0, done.stderr
    assert all(file in done.stdout for file, _ in shipped())
    assert ClickHouse(fresh).query("SELECT count() FROM events") == [(0,)]
    assert "all before" in prepare(fresh).stdout


@pytest.mark.slow
@pytest.mark.parametrize("away", ["kafka", "clickhouse"])
def test_a_server_that_stays_away_is_one_line(settings: Settings, away: str) -> None:
    address = "127.0.0.1:1" if away == "kafka" else "http://127.0.0.1:1"
    done = prepare(settings.model_copy(update={away: address}), "--within", "0")
    assert done.returncode == 1
    assert done.stderr.lower().startswith(f"pilotfish: {away}")
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.slow
def test_it_waits_for_servers_that_are_starting(
    settings: Settings, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    later = EmbeddedClickHouse(tmp_path / "clickhouse", port)
    late = settings.model_copy(update={"clickhouse": later.url})
    with subprocess.Popen(
        [*COMMAND, "--within", "60"],
        env=late.environment() | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("waiting: ClickHouse at")
        with later:
            rest, _ = process.communicate(timeout=60)
            assert process.returncode == 0
            assert "topics are there" in rest
