"""The consumer of traces: spans into ClickHouse, and the events of their attempts into Kafka."""
