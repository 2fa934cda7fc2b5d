"""Records what a program exports behind the lines of docs/integrations.md."""

import os
import subprocess
import sys

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span
from support.traced.door import door
from support.traced.page import TESTS, block

_RECORDINGS = TESTS / "traces/recordings"
_FAULTS = {"right": "", "fails": "no rows"}
_RUN = """
import contextlib
{set_up}
from support.traced.{agent} import ask
with contextlib.suppress(Exception):
    ask("How much is one plus two?", "{fault}")
provider.shutdown()
"""


def record(name: str, agent: str, set_up: str = "") -> None:
    """Record a run that goes well and one that fails: NAME_right.otlp, NAME_fails.otlp.

    Args:
        name: of the recordings.
        agent: the module in this folder whose `ask` is traced.
        set_up: lines between the page's and the agent.
    """
    for suffix, fault in _FAULTS.items():
        code = block("Traces come in") + _RUN.format(
            set_up=set_up, agent=agent, fault=fault
        )
        (_RECORDINGS / f"{name}_{suffix}.otlp").write_bytes(exported(code))


def exported(code: str) -> bytes:
    """Return what a program exported, as one request, without paths of this machine."""
    with door() as server:
        environment = {
            **os.environ,
            "CREWAI_DISABLE_TELEMETRY": "true",
            "OTEL_EXPORTER_OTLP_ENDPOINT": server.endpoint,
            "PYTHONPATH": str(TESTS),
        }
        subprocess.run([sys.executable, "-c", code], env=environment, check=True)
    # Bodies of protobuf add up.
    request = ExportTraceServiceRequest.FromString(b"".join(server.bodies))
    for batch in request.resource_spans:
        for scoped in batch.scope_spans:
            for span in scoped.spans:
                _forget_paths(span)
    return request.SerializeToString()


def _forget_paths(span: Span) -> None:
    span.status.message = span.status.message.split("\n\nTraceback")[0]
    for event in span.events:
        kept = [a for a in event.attributes if a.key != "exception.stacktrace"]
        del event.attributes[:]
        event.attributes.extend(kept)
