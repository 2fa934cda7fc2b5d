"""The door killed again and again, and Kafka stopped: what was answered 200 is there."""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import replace
from http.client import HTTPConnection, HTTPException

import pytest
from faults.processes import Platform, logs
from faults.topics import messages
from support.otlp import export_request
from support.polling import eventually
from support.probing import said_on

from pilotfish.infra.embedded.ports import free_ports
from pilotfish.schemas.topics import TRACES
from pilotfish.schemas.traces import TraceExport
from pilotfish.traces.otlp import read_export

KILLS, EACH = 3, 150
KIND = {"Content-Type": "application/x-protobuf"}


class Exporter:
    """Exports one trace after the other, each until it is answered 200."""

    def __init__(self, port: int, number: int) -> None:
        self._port = port
        self._number = number
        self.acknowledged: list[str] = []
        self.refused: Counter[int] = Counter()
        self.failed = 0

    def run(self, stop: threading.Event) -> None:
        with closing(HTTPConnection("127.0.0.1", self._port, timeout=60)) as connection:
            self._export_to(connection, stop)

    def _export_to(self, connection: HTTPConnection, stop: threading.Event) -> None:
        count = 0
        while not stop.is_set():
            trace = self._number.to_bytes(8) + (count + 1).to_bytes(8)
            body = export_request(2, trace=trace).SerializeToString()
            try:
                taken = self._taken(connection, body)
            except (OSError, HTTPException):
                self.failed += 1
                connection.close()
                stop.wait(0.02)
                continue
            if taken:
                self.acknowledged.append(trace.hex())
                count += 1

    def _taken(self, connection: HTTPConnection, body: bytes) -> bool:
        connection.request("POST", "/v1/traces", body, KIND)
        answer = connection.getresponse()
        answer.read()
        if answer.status == 200:
            return True
        assert answer.headers["Retry-After"] == "1"
        self.refused[answer.status] += 1
        return False


@contextmanager
def exporting(port: int) -> Iterator[list[Exporter]]:
    exporters = [Exporter(port, number) for number in (1, 2, 3)]
    stop = threading.Event()
    with ThreadPoolExecutor() as pool:
        running = [pool.submit(exporter.run, stop) for exporter in exporters]
        try:
            yield exporters
        finally:
            stop.set()
    for each in running:
        each.result()


@pytest.mark.slow(20)
def test_what_was_answered_is_in_kafka_whatever_is_killed(platform: Platform) -> None:
    [port] = free_ports(1)
    settings = platform.settings.model_copy(update={"http_port": port})
    mine = replace(platform, settings=settings)
    with mine.services("web") as services, exporting(port) as exporters:
        door = services["web"]

        def acknowledged() -> int:
            return sum(len(exporter.acknowledged) for exporter in exporters)

        for _ in range(KILLS):
            enough = acknowledged() + EACH
            eventually(lambda enough=enough: acknowledged() >= enough)  # type: ignore[misc]
            door.kill()
            door.start()
        enough = acknowledged() + EACH
        eventually(lambda: acknowledged() >= enough)
        with platform.kafka_stopped():
            eventually(lambda: any(exporter.refused[503] for exporter in exporters))
            eventually(lambda: said_on(port, "/readyz")[0] == 503)
        enough = acknowledged() + EACH
        eventually(lambda: acknowledged() >= enough)
        eventually(lambda: said_on(port, "/readyz")[0] == 200)
        assert door.alive(), logs([door])
    assert all(exporter.failed for exporter in exporters)
    expected = {trace for exporter in exporters for trace in exporter.acknowledged}
    found = Counter(
        span.trace_id
        for _, message in messages(settings, TRACES)
        if isinstance(message, TraceExport)
        for span in read_export(message.body, message.encoding).spans
    )
    assert expected - found.keys() == set()
    assert len(expected) > (KILLS + 2) * EACH
