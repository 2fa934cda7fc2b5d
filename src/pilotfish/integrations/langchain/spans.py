"""The OpenTelemetry span of a run, where OpenInference traces LangChain: it is never current."""

import sys
from contextlib import AbstractContextManager, nullcontext
from uuid import UUID


def in_span_of(run_id: UUID | None) -> AbstractContextManager[object]:
    """Make the span of a run current in the block, so that its attempt marks it."""
    module = sys.modules.get("openinference.instrumentation.langchain")
    if module is None or run_id is None:
        return nullcontext()
    instrumentor = module.LangChainInstrumentor()
    if not instrumentor.is_instrumented_by_opentelemetry:
        return nullcontext()
    span = instrumentor.get_span(run_id)
    if span is None:
        return nullcontext()
    from opentelemetry import trace

    return trace.use_span(span, record_exception=False, set_status_on_exception=False)
