"""The door as a process: it waits for Kafka, stops when told, and says what is wrong."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from support.polling import eventually
from support.probing import said_on

from pilotfish.infra.embedded.ports import free_ports
from pilotfish.runtime.settings import Settings


@contextmanager
def process(settings: Settings, **environment: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "pilotfish", "serve"],
        env=os.environ | settings.environment() | environment,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def rest_of(running: subprocess.Popen[str]) -> list[dict[str, str]]:
    """Return the log until the process has ended."""
    return [
        json.loads(line) for line in running.communicate(timeout=60)[1].splitlines()
    ]


def test_without_kafka_it_waits_and_ends_when_told() -> None:
    with process(Settings(kafka="127.0.0.1:1")) as running:
        assert running.stderr is not None
        assert json.loads(running.stderr.readline())["event"] == "started"
        running.terminate()
        log = rest_of(running)
    assert running.returncode == 0
    assert "listening" not in [line["event"] for line in log]
    assert log[-1]["event"] == "stopped"


def test_it_answers_probes_and_metrics_and_ends_when_told(settings: Settings) -> None:
    port, metrics = free_ports(2)
    changes = {"http_port": port, "metrics_port": metrics}
    with process(settings.model_copy(update=changes)) as running:
        eventually(lambda: _status(port, "/readyz") == 200)
        eventually(lambda: _status(metrics, "/readyz") == 200)
        assert _status(port, "/v1/attempts") == 405
        shown = said_on(metrics, "/metrics")[1]
        label = 'path="/v1/attempts",status="405"'
        assert f"pilotfish_requests_total{{{label}}} 1.0" in shown
        running.terminate()
        assert rest_of(running)[-1]["event"] == "stopped"
    assert running.returncode == 0


@pytest.mark.parametrize(
    ("environment", "why"),
    [
        ({"PILOTFISH_HTTP_HOST": "0.0.0.0"}, "set PILOTFISH_HTTP_TOKEN"),
        ({"PILOTFISH_HTTP_TOKEN": "short"}, "a token is too short"),
    ],
)
def test_wrong_settings_are_one_line(
    settings: Settings, environment: dict[str, str], why: str
) -> None:
    with process(settings, **environment) as running:
        log = rest_of(running)
    assert running.returncode == 1
    assert log[-1]["kind"] == "ConfigurationError"
    assert why in log[-1]["error"]


def test_a_port_in_use_is_one_line(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with process(settings.model_copy(update={"http_port": port})) as running:
            log = rest_of(running)
    assert running.returncode == 1
    assert f"cannot listen on 127.0.0.1:{port}" in log[-1]["error"]


def _status(port: int, path: str) -> int:
    try:
        return said_on(port, path)[0]
    except OSError:
        return 0
