"""The platform of the fault tests: real processes that can be killed and stopped."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from faults.proxied_kafka import ProxiedKafka
from support.polling import eventually

from pilotfish.infra.embedded.clickhouse.gateway import EmbeddedClickHouse
from pilotfish.runtime.settings import Settings

COMMANDS = {
    "archive": ["pilotfish.consumers", "archive"],
    "advisor": ["pilotfish.consumers", "advisor"],
    "trigger": ["pilotfish.consumers", "trigger"],
    "memory": ["pilotfish.consumers", "memory"],
    "traces": ["pilotfish.consumers", "traces"],
    "label_export": ["pilotfish.consumers", "label_export"],
    "web": ["pilotfish.web"],
    "streams": ["pilotfish.streams"],
    "trainer": ["pilotfish.trainers"],
}


class Service:
    """One service as a process of its own, with its log in a file."""

    def __init__(
        self,
        name: str,
        settings: Settings,
        folder: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.log = folder / f"{name}.log"
        self._command = [sys.executable, "-m", *COMMANDS[name]]
        added = environment or {}
        self._environment = {**os.environ, **settings.environment(), **added}
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, env=self._environment, stderr=log, stdout=log
            )

    def kill(self) -> None:
        """Kill -9, as the kernel does when memory runs out."""
        self._running().kill()
        self._running().wait()

    def stop(self, within_s: float = 30.0) -> int:
        """Ask it to stop; return its exit status.

        Of itself it ends after four seconds at the latest, and says so where it had to
        leave something behind; what is longer than `within_s` is no slowness.
        """
        self._running().terminate()
        return self._running().wait(within_s)

    def wait(self, within_s: float) -> int:
        """Let it come to its own end; return its exit status."""
        return self._running().wait(within_s)

    def end(self) -> None:
        """Make sure that nothing stays behind."""
        if self._process is not None and self._process.poll() is None:
            self._process.kill()
            self._process.wait()

    def until_it_works(self) -> None:
        """Wait until it was given partitions, since it was started last or before."""
        eventually(lambda: b'"assigned"' in self.log.read_bytes())

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Stop it in its tracks, then let it go on."""
        with _stopped(self.pid):
            yield

    def alive(self) -> bool:
        return self._running().poll() is None

    @property
    def pid(self) -> int:
        return self._running().pid

    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process


@dataclass(frozen=True, slots=True)
class Platform:
    """Kafka, ClickHouse, and settings that point to them."""

    kafka: ProxiedKafka
    clickhouse: EmbeddedClickHouse
    settings: Settings
    folder: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    """What its services find in their environment besides the settings."""

    def services(self, *names: str) -> AbstractContextManager[dict[str, Service]]:
        return running(self.settings, self.folder, *names, environment=self.environment)

    @contextmanager
    def clickhouse_stopped(self) -> Iterator[None]:
        """Stop ClickHouse's process in its tracks, then let it go on."""
        with _stopped(self.clickhouse.pid):
            yield

    @contextmanager
    def kafka_stopped(self) -> Iterator[None]:
        """Stop Kafka's process in its tracks, then let it go on."""
        with _stopped(self.kafka.pid):
            yield


@contextmanager
def _stopped(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextmanager
def running(
    settings: Settings,
    folder: Path,
    *names: str,
    environment: Mapping[str, str] | None = None,
) -> Iterator[dict[str, Service]]:
    """Run services until the block is left, with their logs in a folder."""
    services = {name: Service(name, settings, folder, environment) for name in names}
    try:
        for service in services.values():
            service.start()
        yield services
    finally:
        for service in services.values():
            service.end()


def customised(name: str, **environment: str) -> dict[str, str]:
    """Return the environment in which Python loads that folder's sitecustomize.py."""
    path = (
        str(Path(__file__).parent / name),
        *filter(None, [os.environ.get("PYTHONPATH")]),
    )
    return {**environment, "PYTHONPATH": os.pathsep.join(path)}


def logs(services: Sequence[Service]) -> str:
    """Return the end of every log, for a failure's message."""
    return "\n".join(
        f"== {s.log.name}\n" + s.log.read_text(errors="replace")[-2000:]
        for s in services
    )


def gone(pid: int) -> bool:
    """Return whether a process ended, whether or not anybody asked how."""
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == "zombie"
