"""The memory: attempts, searchable by the meaning of their problem."""
