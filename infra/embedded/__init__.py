"""Kafka and ClickHouse on this machine, started and stopped by us."""
