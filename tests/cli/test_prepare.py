"""`pilotfish prepare`, on the shared ClickHouse and Kafka of the tests."""

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


def test_prepare_creates_missing_tables_and_may_run_again(settings: Settings) -> None:
    name = "p_" + settings.tenant.replace("-", "_")
    ClickHouse(settings).command(f"CREATE DATABASE {name}")
    fresh = settings.model_copy(update={"clickhouse_database": name})
    finished = prepare(fresh)
    assert finished.returncode == 0, finished.stderr
    assert all(file in finished.stdout for file, _ in shipped())
    assert ClickHouse(fresh).query("SELECT count() FROM events") == [(0,)]
    assert "all were applied" in prepare(fresh).stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("server", "address", "said"),
    [
        ("kafka", "127.0.0.1:1", "asking 127.0.0.1:1 for its topics: Kafka"),
        ("clickhouse", "http://127.0.0.1:1", "ClickHouse at 127.0.0.1:1"),
    ],
)
def test_an_unreachable_server_is_one_line(
    settings: Settings, server: str, address: str, said: str
) -> None:
    finished = prepare(settings.model_copy(update={server: address}), "--within", "0")
    assert finished.returncode == 1
    assert finished.stderr.startswith(f"pilotfish: {said} does not answer")
    assert len(finished.stderr.splitlines()) == 1


@pytest.mark.slow
def test_prepare_waits_for_servers_that_are_starting(
    settings: Settings, tmp_path: Path
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = int(probe.getsockname()[1])
    clickhouse = EmbeddedClickHouse(tmp_path / "clickhouse", port)
    late = settings.model_copy(update={"clickhouse": clickhouse.url})
    with subprocess.Popen(
        [*COMMAND, "--within", "60"],
        env=late.environment() | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith("waiting: ClickHouse at")
        with clickhouse:
            rest, _ = process.communicate(timeout=60)
            assert process.returncode == 0
            assert "topics exist" in rest
