"""Embedded Kafka and ClickHouse, DDL, compose, supervision."""
