"""Services on confluent-kafka: archive, advisor, trigger, memory."""
