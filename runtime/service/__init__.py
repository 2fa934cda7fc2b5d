"""How a service lives: its loop, its status, its health and metrics."""
