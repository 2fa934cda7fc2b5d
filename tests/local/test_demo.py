"""`pilotfish demo` in a process of its own."""

import os
import signal
import subprocess
import sys

import psutil
import pytest
from support.polling import eventually

from pilotfish.runtime.settings import Settings

BACKGROUND = ("sh", "-c", 'trap "" INT; exec "$0" "$@"')
"""Ignores SIGINT, like a background job of a shell."""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_all_processes(apart: Settings, number: signal.Signals) -> None:
    with subprocess.Popen(
        [*BACKGROUND, sys.executable, "-m", "pilotfish", "demo", "--attempts", "60"],
        env=os.environ | apart.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "starting archive" in line:
                break
        children = psutil.Process(process.pid).children(recursive=True)
        assert len(children) >= 2, "".join(lines)  # at least the servers
        process.send_signal(number)
        process.communicate(timeout=90)
        assert process.returncode != 0
        _, remaining = psutil.wait_procs(children, timeout=60)
        assert remaining == []


@pytest.mark.slow
def test_a_signal_while_kafka_starts_ends_all_processes(apart: Settings) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "pilotfish", "demo", "--attempts", "60"],
        env=os.environ | apart.environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        eventually(lambda: bool(_brokers(apart)))
        process.terminate()
        assert process.wait(90) != 0
    eventually(lambda: _brokers(apart), [])


def _brokers(settings: Settings) -> list[int]:
    """Return the processes of this demo's Kafka; found by its properties."""
    properties = str(settings.home / "demo/kafka/server.properties")
    return [
        process.pid
        for process in psutil.process_iter(["cmdline"])
        if {"kafka.Kafka", properties} <= set(process.info["cmdline"] or ())
    ]
