"""Labels as log records of OpenTelemetry, through its own exporter and settings."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from pilotfish.runtime.extras import requiring
from pilotfish.schemas.base import micros
from pilotfish.schemas.errors import ConfigurationError, UnavailableError
from pilotfish.schemas.evaluations import EVALUATION, evaluation
from pilotfish.schemas.labels import AttemptLabelled

if TYPE_CHECKING:
    from opentelemetry.sdk._logs import ReadableLogRecord

_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")


@contextmanager
def exporter() -> Iterator[
    Callable[[Sequence[tuple[AttemptLabelled, str, str]]], None]
]:
    """Give a function that sends labels, each with its trace and span, in one request.

    It returns when they were taken, and raises UnavailableError if they were not. Where
    to, with which headers, certificates and time limits is said by OTEL_EXPORTER_OTLP_*.

    Raises:
        ConfigurationError: no endpoint is set.
        RequirementError: the exporter is not installed.
    """
    if not any(os.environ.get(name) for name in _ENDPOINTS):
        raise ConfigurationError(f"set {_ENDPOINTS[0]} to where labels are to go")
    with requiring("exporting labels", "services", "label-export"):
        from opentelemetry.exporter.otlp.proto.http._log_exporter import (
            OTLPLogExporter,
        )
        from opentelemetry.sdk._logs.export import LogRecordExportResult

    to = OTLPLogExporter()

    def send(labels: Sequence[tuple[AttemptLabelled, str, str]]) -> None:
        if (
            to.export([_record(*one) for one in labels])
            != LogRecordExportResult.SUCCESS
        ):
            raise UnavailableError("OpenTelemetry's endpoint for logs takes no labels")

    try:
        yield send
    finally:
        to.shutdown()  # type: ignore[no-untyped-call] # it has no types


def _record(label: AttemptLabelled, trace_id: str, span_id: str) -> "ReadableLogRecord":
    from opentelemetry import trace
    from opentelemetry._logs import LogRecord
    from opentelemetry.sdk._logs import ReadableLogRecord
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.util.instrumentation import InstrumentationScope

    at_ns = micros(label.ended_at) * 1000
    about = trace.SpanContext(
        int(trace_id, 16), int(span_id or "0", 16), is_remote=True
    )
    record = LogRecord(
        timestamp=at_ns,
        observed_timestamp=at_ns,
        context=trace.set_span_in_context(trace.NonRecordingSpan(about)),
        event_name=EVALUATION,
        attributes=attributes_of(label),
    )
    resource = Resource({"service.name": "pilotfish"})
    return ReadableLogRecord(record, resource, InstrumentationScope("pilotfish"))


def attributes_of(label: AttemptLabelled) -> dict[str, Any]:
    """Return what is said of a label that has a P(success)."""
    p_success = label.p_success
    assert p_success is not None
    verdict = "pass" if p_success >= 0.5 else "fail"
    explanation = ", ".join(f"{n}: {v:.2f}" for n, v in sorted(label.votes.items()))
    return {
        **evaluation("p_success", verdict, p_success, explanation),
        "log.record.uid": f"{label.attempt_id}/{label.version}",
        "pilotfish.tenant": label.tenant,
        "pilotfish.attempt_id": label.attempt_id,
        "pilotfish.label_version": label.version,
        "pilotfish.labeller": label.labeller,
    }
