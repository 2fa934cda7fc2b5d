"""A call of a watched function, from its arguments to the end of its result."""
