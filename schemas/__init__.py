"""What crosses a process: pydantic messages, the topic table, the error tree."""
