"""Labels through OpenTelemetry's exporter, and not in again."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from faults.processes import Service
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from support.advice.labels import label, send
from support.polling import eventually

from pilotfish.consumers.label_export.exporter import exporter
from pilotfish.infra.embedded.ports import free_ports
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import ConfigurationError, UnavailableError
from pilotfish.schemas.labels import AttemptLabelled
from pilotfish.traces.log_records import evaluations_in
from pilotfish.traces.otlp import read_export


class Backend(ThreadingHTTPServer):
    """Keeps what is exported to it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = 200
        self.answer = b""
        self.bodies: list[bytes] = []


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Backend)
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.bodies.append(body)
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(self.server.answer)))
        self.end_headers()
        self.wfile.write(self.server.answer)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Iterator[Backend]:
    with Backend() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        endpoint = f"http://127.0.0.1:{server.server_port}"
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        yield server
        server.shutdown()
        thread.join()


TRACE, ROOT = "4bf92f3577b34da6a3ce929d0e0e4736", f"{1:016x}"


def some_label() -> AttemptLabelled:
    votes = {"judge_score": 0.25, "exit_code": 0.0}
    return label("acme", "p", attempt_id=TRACE, p_success=0.25, votes=votes, version=3)


def test_a_label_is_an_evaluation_that_pilotfish_does_not_read(
    backend: Backend,
) -> None:
    with exporter() as export:
        export([(some_label(), TRACE, ROOT), (some_label(), TRACE, "")])
    [body] = backend.bodies
    request = ExportLogsServiceRequest.FromString(body)
    first, second = request.resource_logs[0].scope_logs[0].log_records
    assert first.event_name == "gen_ai.evaluation.result"
    assert (first.trace_id.hex(), first.span_id.hex()) == (TRACE, ROOT)
    assert not any(second.span_id)
    told = {a.key: a.value for a in first.attributes}
    assert told["gen_ai.evaluation.name"].string_value == "pilotfish.p_success"
    assert told["gen_ai.evaluation.score.value"].double_value == 0.25
    assert told["gen_ai.evaluation.score.label"].string_value == "fail"
    explanation = told["gen_ai.evaluation.explanation"].string_value
    assert explanation == "exit_code: 0.00, judge_score: 0.25"
    assert told["log.record.uid"].string_value == f"{TRACE}/3"
    found = evaluations_in(body, "protobuf")
    assert (read_export(found.body, "protobuf").spans, found.ignored) == ([], 2)


def test_a_refusal_for_good_is_told_with_the_backend_s_words(backend: Backend) -> None:
    backend.status, backend.answer = 400, b"score.value must be an integer"
    with exporter() as export:
        refused = export([(some_label(), TRACE, ROOT), (some_label(), TRACE, "")])
    assert refused == (2, "400: score.value must be an integer")


def test_a_part_may_be_refused(backend: Backend) -> None:
    answer = ExportLogsServiceResponse()
    answer.partial_success.rejected_log_records = 1
    answer.partial_success.error_message = "too old"
    backend.answer = answer.SerializeToString()
    with exporter() as export:
        assert export([(some_label(), TRACE, ROOT)] * 2) == (1, "too old")


def test_a_good_answer_in_words_is_good(backend: Backend) -> None:
    backend.answer = b"{}"
    with exporter() as export:
        assert export([(some_label(), TRACE, ROOT)]) == (0, "")


@pytest.mark.parametrize("status", [408, 429, 500, 503])
def test_what_may_be_taken_later_is_to_be_sent_again(
    backend: Backend, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.5")
    backend.status = status
    with exporter() as export, pytest.raises(UnavailableError, match=f"{status}"):
        export([(some_label(), TRACE, ROOT)])


@pytest.mark.parametrize("status", [302, 401, 403, 404])
def test_where_nothing_may_be_sent_the_settings_are_wrong(
    backend: Backend, status: int
) -> None:
    backend.status = status
    with exporter() as export, pytest.raises(ConfigurationError, match=f"{status}"):
        export([(some_label(), TRACE, ROOT)])


def test_a_backend_that_is_away_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    [port] = free_ports(1)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{port}")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "0.5")
    with exporter() as export, pytest.raises(UnavailableError, match="not answer"):
        export([(some_label(), TRACE, ROOT)])


@pytest.mark.parametrize("endpoint", ["", "127.0.0.1:4318", "backend"])
def test_without_an_address_it_does_not_start(
    monkeypatch: pytest.MonkeyPatch, endpoint: str
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", raising=False)
    with pytest.raises(ConfigurationError, match="LOGS_ENDPOINT"), exporter():
        pass


@pytest.mark.slow(20)
def test_a_killed_exporter_sends_what_was_not_taken(
    settings: Settings, backend: Backend, tmp_path: Path
) -> None:
    columns = ["tenant", "trace_id", "span_id", "parent_id", "at"]
    root = [settings.tenant, TRACE, ROOT, "", 1_790_000_000 * 10**6]
    ClickHouse(settings).insert("spans", columns, [root])
    backend.status = 503
    service = Service("label_export", settings, tmp_path)
    service.start()
    send(settings, label(settings.tenant, "p", attempt_id=TRACE, p_success=0.25))
    eventually(lambda: backend.bodies, every_s=0.2)
    service.kill()
    backend.status = 200
    before = len(backend.bodies)
    service.start()
    eventually(lambda: len(backend.bodies) > before, every_s=0.2)
    assert service.stop() == 0
    assert uids(backend.bodies[0]) == uids(backend.bodies[-1]) == [f"{TRACE}/1"]


def uids(body: bytes) -> list[str]:
    request = ExportLogsServiceRequest.FromString(body)
    return [
        attribute.value.string_value
        for record in request.resource_logs[0].scope_logs[0].log_records
        for attribute in record.attributes
        if attribute.key == "log.record.uid"
    ]
