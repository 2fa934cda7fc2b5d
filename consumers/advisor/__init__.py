"""The advisor: answers requests for advice and learns from labels."""
