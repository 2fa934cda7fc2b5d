"""`pilotfish demo` in a process of its own."""

import os
import signal
import subprocess
import sys

import psutil
import pytest
from polling import eventually

from pilotfish.runtime.settings import Settings

AS_BEHIND = ("sh", "-c", 'trap "" INT; exec "$0" "$@"')
"""Ignores SIGINT, as what a shell starts with `&` does."""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_it_leaves_no_process_behind(
    apart: Settings, number: signal.Signals
) -> None:
    with subprocess.Popen(
        [*AS_BEHIND, sys.executable, "-m", "pilotfish", "demo", "--attempts", "60"],
        env=os.environ | apart.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if "starting archive" in line:
                break
        children = psutil.Process(process.pid).children(recursive=True)
        assert len(children) >= 2, "".join(said)  # the servers at least
        process.send_signal(number)
        process.communicate(timeout=90)
        assert process.returncode != 0
        _, left = psutil.wait_procs(children, timeout=60)
        assert left == []


@pytest.mark.slow
def test_told_to_end_while_kafka_starts_it_leaves_none(apart: Settings) -> None:
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
    """Return the processes of this demo's Kafka; it names its own properties."""
    properties = str(settings.home / "demo/kafka/server.properties")
    return [
        one.pid
        for one in psutil.process_iter(["cmdline"])
        if {"kafka.Kafka", properties} <= set(one.info["cmdline"] or ())
    ]
