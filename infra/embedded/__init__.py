"""Kafka and ClickHouse as child processes on this machine."""
