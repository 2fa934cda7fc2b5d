"""`pilotfish up`, once for the tests of a file."""

import signal
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from support.platform import running_up, said
from support.polling import eventually
from support.ports import is_free

from pilotfish._local.platform import LABELS_GO_TO, SERVICES
from pilotfish.infra.embedded.ports import free_ports
from pilotfish.runtime.settings import Settings


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory, not_fast: None) -> Iterator[Settings]:
    """`pilotfish up` in a process; at the end it must stop, and leave nothing.

    Its labels go to its own door, which does not read them again.
    """
    settings = _settings(tmp_path_factory.mktemp("up"))
    own_door = f"http://127.0.0.1:{settings.http_port}/v1/logs"
    with running_up(settings, {LABELS_GO_TO: own_door}) as process:
        eventually(lambda: "pilotfish is up" in said(settings))
        children = psutil.Process(process.pid).children(recursive=True)
        assert len(children) >= 11  # two servers, eight services, the guardian
        yield settings
        process.send_signal(signal.SIGINT)
        # Ten seconds where nothing else runs: what hangs takes forever.
        assert process.wait(60) == 0
        assert not [child for child in children if child.is_running()]


@pytest.fixture
def apart(tmp_path: Path, not_fast: None) -> Settings:
    """Settings of a platform for one test alone."""
    return _settings(tmp_path)


def _settings(home: Path) -> Settings:
    broker, http, metrics, door = _ports()
    return Settings(
        home=home,
        kafka=f"127.0.0.1:{broker}",
        clickhouse=f"http://127.0.0.1:{http}",
        metrics_port=metrics,
        http_port=door,
    )


def _ports() -> tuple[int, int, int, int]:
    """Return free ports for Kafka, which takes two, ClickHouse, eight services and HTTP."""
    while True:
        broker, http, metrics, door = free_ports(4)
        following = [broker + 1, *(metrics + n for n in range(1, len(SERVICES) + 1))]
        ports = {broker, http, metrics, door, *following}
        if len(ports) == 4 + len(following) and all(
            is_free(port) for port in following
        ):
            return broker, http, metrics, door
