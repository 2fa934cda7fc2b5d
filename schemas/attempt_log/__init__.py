"""Logs of attempts as files: read as people have them, and as events."""
