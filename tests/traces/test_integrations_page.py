"""The lines of docs/integrations.md, run before agents that know nothing of them."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from support.traced.page import AGENTS, TESTS, program

from pilotfish.schemas.events import AttemptEnded, AttemptStarted, StepRecorded
from pilotfish.traces.mapping import events_of
from pilotfish.traces.otlp import read_export


class Door(ThreadingHTTPServer):
    """Keeps the export requests that it gets."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[bytes] = []


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Door) and self.path == "/v1/traces"
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(body)
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def door() -> Iterator[Door]:
    with Door() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("framework", AGENTS)
def test_the_lines_of_the_page_bring_traces_in(framework: str) -> None:
    asking = "ask('How much is one plus two?', '')\nprovider.shutdown()"
    code = program(framework, asking)
    with door() as server:
        endpoint = f"http://127.0.0.1:{server.server_port}"
        path = f"{TESTS}:{TESTS.parent / 'src'}"
        subprocess.run(
            [sys.executable, "-c", code],
            check=True,
            env={"OTEL_EXPORTER_OTLP_ENDPOINT": endpoint, "PYTHONPATH": path},
        )
        spans = [s for b in server.bodies for s in read_export(b, "protobuf").spans]
    start, *steps, end = events_of(spans, "t")
    assert isinstance(start, AttemptStarted) and isinstance(end, AttemptEnded)
    assert start.problem == "How much is one plus two?"
    assert [s.name for s in steps if isinstance(s, StepRecorded)].count("add") == 2
