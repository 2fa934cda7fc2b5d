"""Labels out: P(success) of attempts that came as traces, as OpenTelemetry's evaluations."""
