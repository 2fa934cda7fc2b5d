"""Traces as OpenTelemetry carries them, and the pure mapping of their spans to attempts."""
