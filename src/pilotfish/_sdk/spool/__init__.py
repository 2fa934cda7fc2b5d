"""Events that wait on disk while Kafka is unreachable."""
