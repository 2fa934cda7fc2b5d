"""Types of keys that several packages share."""

AttemptKey = tuple[str, str]
"""Tenant and attempt_id."""
Place = tuple[str, int]
"""Topic and partition."""
