"""`pilotfish up`: everything in one terminal."""

import signal
import threading

from pilotfish._cli.output import console
from pilotfish.schemas.settings import Settings


def up() -> None:
    """Start Kafka, ClickHouse and every service here; Ctrl-C stops them all.

    Nothing needs to be installed beside pilotfish. Data and logs stay in
    PILOTFISH_HOME; a service that dies is started again.
    """
    from pilotfish.demo.platform import running_platform

    settings = Settings()
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    with running_platform(settings, say=console.print):
        console.print(
            f"[bold]pilotfish is up[/]: Kafka at {settings.kafka}, ClickHouse at "
            f"{settings.clickhouse}, logs in {settings.home / 'logs'}\n"
            "Ctrl-C stops everything."
        )
        while not stop.wait(0.5):
            pass
        console.print("stopping")
