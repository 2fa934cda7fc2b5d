"""Embedded ClickHouse: chDB behind ClickHouse's HTTP protocol, in its own process.

Run by hand: `python -m pilotfish.infra.embedded.clickhouse.gateway --data DIR --port 28123`.
"""

import argparse
import http.client
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Self

from pilotfish.infra.embedded.ports import require_free
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import RequirementError

_READY_WITHIN_S = 60.0
_STOP_WITHIN_S = 4.0
_POLL_S = 0.02


class EmbeddedClickHouse:
    """The gateway's process. Its data survives stops and kills.

    Args:
        data: ClickHouse's folder, created if missing; for one process at a time.
        port: where clients connect, on 127.0.0.1.
    """

    def __init__(self, data: Path, port: int) -> None:
        self._data = data.absolute()
        self._port = port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The address for clients: `http://127.0.0.1:PORT`."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def pid(self) -> int:
        """The gateway's process id; asserts that the gateway was started."""
        assert self._process is not None
        return self._process.pid

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the gateway and wait until it answers.

        Raises:
            RequirementError: the port or the folder is in use, or the gateway exited.
        """
        require_free(self._port, "ClickHouse")
        self._data.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            log_start = log.tell()
            self._process = subprocess.Popen(
                command(self._data, self._port),
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
                cwd=self._data,  # chDB reads a config.xml of the working folder
            )
        self._await_ready(log_start)

    def stop(self) -> None:
        """Stop the gateway in order; kill it after four seconds."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGCONT)  # a paused process handles no SIGTERM
        self._process.terminate()
        try:
            self._process.wait(_STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    def kill(self) -> None:
        """Kill the gateway without warning, as a power cut would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    @property
    def _log(self) -> Path:
        return self._data / "gateway.log"

    def _await_ready(self, log_start: int) -> None:
        assert self._process is not None
        deadline = time.monotonic() + _READY_WITHIN_S
        while time.monotonic() < deadline and self._process.poll() is None:
            if _answers(self._port):
                return
            time.sleep(_POLL_S)
        self.stop()
        output = self._log.read_bytes()[log_start:].decode(errors="replace")
        lines = output.split("\n")
        raise RequirementError(" | ".join(line for line in lines[-4:] if line))


def command(data: Path, port: int) -> list[str]:
    """Return the command that starts the gateway's process."""
    program = [sys.executable, "-m", "pilotfish.infra.embedded.clickhouse.gateway"]
    return [*program, "--data", str(data), "--port", str(port)]


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=1.0)
    try:
        connection.request("GET", "/ping")
        return connection.getresponse().read() == b"Ok.\n"
    except OSError:
        return False
    finally:
        connection.close()


def main(arguments: list[str]) -> int:
    """Serve until SIGTERM or SIGINT."""
    # Imported here, so that the parent process does not load chDB, which takes 280 MB.
    from pilotfish.infra.embedded.clickhouse.access import Login, User
    from pilotfish.infra.embedded.clickhouse.server import serve

    parser = argparse.ArgumentParser(
        prog="python -m pilotfish.infra.embedded.clickhouse.gateway"
    )
    settings = Settings()
    parser.add_argument("--data", type=Path, default=settings.home / "clickhouse")
    parser.add_argument("--port", type=int, default=28123)
    options = parser.parse_args(arguments)
    try:
        password = settings.clickhouse_password.get_secret_value()
        reader_password = settings.clickhouse_readonly_password.get_secret_value()
        login = Login.of(User(settings.clickhouse_user, password), reader_password)
        serve(options.data.absolute(), options.port, login)
    except RequirementError as error:
        print(error, file=sys.stderr)  # noqa: T201 - the log is for its parent
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
