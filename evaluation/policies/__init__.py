"""Advice policies that `pilotfish evaluate` scores side by side."""
