"""What rows and records are found by, where two rooms share it."""

AttemptKey = tuple[str, str]
"""Tenant and attempt_id."""
Place = tuple[str, int]
"""Topic and partition."""
