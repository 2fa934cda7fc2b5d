"""The memory: attempts by the meaning of their problem, to be searched."""
