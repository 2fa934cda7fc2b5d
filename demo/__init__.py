"""The demo: real problems, real solvers, the whole loop."""
