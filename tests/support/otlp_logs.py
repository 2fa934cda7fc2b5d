"""Log records of OpenTelemetry for tests."""

from typing import Any

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
)
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, KeyValue
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord

EVENT = "gen_ai.evaluation.result"
AT_NS = 1_800_000_000_000_000_000


def evaluation(
    trace: bytes,
    about: bytes = b"",
    score: float = 1.0,
    response: str = "",
    **fields: Any,
) -> LogRecord:
    """Return an evaluation of a span, of a whole trace, or of a model's response.

    Args:
        trace: its id.
        about: the id of the span.
        score: of the evaluation called `correctness`.
        response: the id that its provider gave it.
        fields: other fields of the log record.
    """
    told = {
        "gen_ai.evaluation.name": AnyValue(string_value="correctness"),
        "gen_ai.evaluation.score.value": AnyValue(double_value=score),
    }
    if response:
        told["gen_ai.response.id"] = AnyValue(string_value=response)
    usual: dict[str, Any] = {
        "trace_id": trace,
        "span_id": about,
        "event_name": EVENT,
        "time_unix_nano": AT_NS,
        "attributes": [KeyValue(key=key, value=value) for key, value in told.items()],
    }
    return LogRecord(**{**usual, **fields})


def log_request(*records: LogRecord) -> bytes:
    """Return an export request of log records, in protobuf."""
    request = ExportLogsServiceRequest()
    scoped = request.resource_logs.add().scope_logs.add()
    scoped.scope.name = "judge"
    scoped.log_records.extend(records)
    return request.SerializeToString()
