"""Strategies that nobody named, found in the moves of agents."""
