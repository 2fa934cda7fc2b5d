# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = [
#   "opentelemetry-exporter-otlp-proto-http",
#   "strands-agents[otel]==1.62.0",
# ]
# ///
"""Records an agent of Strands, which traces itself: `make recordings`."""

from support.traced.recorder import record

record("strands", "strands_agent")
