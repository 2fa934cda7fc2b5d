"""The ways out of the agent's process: Kafka, or memory."""
