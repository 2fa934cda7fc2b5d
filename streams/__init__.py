"""Faust apps and the Kafka and ClickHouse plumbing."""
