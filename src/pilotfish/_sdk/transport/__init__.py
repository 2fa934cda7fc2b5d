"""Transports of events, advice and hints: over Kafka, or in memory."""
