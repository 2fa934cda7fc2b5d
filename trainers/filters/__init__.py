"""Filters that decide which attempts of a training set are worth learning."""
