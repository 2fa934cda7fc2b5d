# /// script
# requires-python = ">=3.11,<3.14"
# dependencies = ["anthropic==2.14.0", "opentelemetry-exporter-otlp-proto-http"]
# ///
"""Records the tool runner of Anthropic's client, which traces itself: `make recordings`."""

from support.traced.recorder import record

record("anthropic", "anthropic_agent")
