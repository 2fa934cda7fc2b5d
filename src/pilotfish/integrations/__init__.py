"""Adapters for agent frameworks: they ask for advice, put the hint in, and record the run."""
