"""Labels as log records of OpenTelemetry, through its own exporter and settings."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from pilotfish.consumers.label_export.answers import Answers, Refused
from pilotfish.runtime.extras import requiring
from pilotfish.schemas.base import micros
from pilotfish.schemas.errors import ConfigurationError
from pilotfish.schemas.evaluations import EVALUATION, evaluation
from pilotfish.schemas.labels import AttemptLabelled

if TYPE_CHECKING:
    from opentelemetry.sdk._logs import ReadableLogRecord

_ENDPOINTS: Final = ("OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")

TracedLabel = tuple[AttemptLabelled, str, str]
"""A label, and the trace and span that it is about; the span may be unknown, and empty."""


@contextmanager
def exporter() -> Iterator[Callable[[Sequence[TracedLabel]], Refused]]:
    """Give a function that sends labels in one request, and returns what was refused.

    It raises UnavailableError if sending them again may help. Where to, with which
    headers, certificates and time limits is said by OTEL_EXPORTER_OTLP_*.

    Raises:
        ConfigurationError: no endpoint is set, it is no URL, or it answers that nothing
            may be sent there.
        RequirementError: the exporter is not installed.
    """
    endpoint = next(filter(None, map(os.environ.get, _ENDPOINTS)), "")
    if not endpoint.startswith(("http://", "https://")):
        raise ConfigurationError(
            f"set {_ENDPOINTS[0]} to where labels are to go, an address with its scheme "
            "as in http://127.0.0.1:4318/v1/logs"
        )
    with requiring("exporting labels", "services", "label-export"):
        from opentelemetry.exporter.otlp.proto.http._log_exporter import (
            OTLPLogExporter,
        )
        from requests import Session

    answers, session = Answers(), Session()
    session.hooks["response"].append(answers.keep)
    to = OTLPLogExporter(session=session)

    def send(labels: Sequence[TracedLabel]) -> Refused:
        answers.forget()
        to.export([_record(*one) for one in labels])
        return answers.refused(len(labels))

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
