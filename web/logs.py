"""`POST /v1/logs`: evaluations among log records, as spans; nothing else is kept of logs."""

from typing import Final

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceResponse,
)

from pilotfish.runtime.service.metrics import LOG_RECORDS
from pilotfish.schemas.traces import Encoding
from pilotfish.traces.log_records import evaluations_in
from pilotfish.web import traces
from pilotfish.web.otlp import ExportKind, Records


def records_of(body: bytes, encoding: Encoding, tenant: str) -> Records:
    """Return the messages of an export request of log records.

    Raises:
        SchemaError: the body is no export request.
    """
    spans, ignored = evaluations_in(body, encoding)
    return traces.records_of(spans, encoding, tenant)._replace(ignored=ignored)


def _answer(records: Records) -> ExportLogsServiceResponse:
    answer = ExportLogsServiceResponse()
    if records.rejected:
        answer.partial_success.rejected_log_records = records.rejected
        answer.partial_success.error_message = records.reason
    return answer


KIND: Final = ExportKind(records_of, _answer, LOG_RECORDS)
