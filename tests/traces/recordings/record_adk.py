# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = ["google-adk==2.13.0", "opentelemetry-exporter-otlp-proto-http"]
# ///
"""Records an agent of Google's ADK, which traces itself: `make recordings`."""

from support.traced.recorder import record

CAPTURE = """
import os
os.environ["OTEL_SEMCONV_STABILITY_OPT_IN"] = "gen_ai_latest_experimental"
os.environ["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "SPAN_ONLY"
"""

record("adk", "adk_agent", CAPTURE)
