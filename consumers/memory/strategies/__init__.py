"""Strategies of tenants in ClickHouse and in Kafka, and which attempt used which."""
