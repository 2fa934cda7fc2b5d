"""Embedded ClickHouse: chDB behind ClickHouse's HTTP protocol, in its own process.

Run by hand: `python -m pilotfish.infra.embedded.clickhouse.gateway --data DIR --port 28123`.
"""

import argparse
import http.client
import sys
import time
from pathlib import Path

from pilotfish.infra.embedded.ports import require_free
from pilotfish.infra.embedded.process import ServerProcess
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import RequirementError

_READY_WITHIN_S = 60.0
_STOP_WITHIN_S = 4.0
_POLL_S = 0.02


class EmbeddedClickHouse(ServerProcess):
    """The gateway's process. Its data survives stops and kills.

    Args:
        data: ClickHouse's folder, created if missing; for one process at a time.
        port: where clients connect, on 127.0.0.1.
    """

    def __init__(self, data: Path, port: int) -> None:
        self._data = data.absolute()
        self._port = port
        super().__init__(self._data, self._data / "gateway.log", _STOP_WITHIN_S)

    @property
    def url(self) -> str:
        """The address for clients: `http://127.0.0.1:PORT`."""
        return f"http://127.0.0.1:{self._port}"

    def launch(self) -> None:
        """Start the gateway; does not wait until it answers.

        Raises:
            RequirementError: the port is in use.
        """
        require_free(self._port, "ClickHouse")
        self._data.mkdir(parents=True, exist_ok=True)
        # chDB reads a config.xml of the working folder.
        self._launch(command(self._data, self._port))

    def await_ready(self) -> None:
        """Wait until the gateway answers.

        Raises:
            RequirementError: the folder is in use, or the gateway exited.
        """
        deadline = time.monotonic() + _READY_WITHIN_S
        while time.monotonic() < deadline and self._is_running():
            if _answers(self._port):
                return
            time.sleep(_POLL_S)
        self.stop()
        lines = self._output()[-4:]
        raise RequirementError(" | ".join(line for line in lines if line))


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
