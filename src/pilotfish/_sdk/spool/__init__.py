"""Events that wait on disk while Kafka is away."""
