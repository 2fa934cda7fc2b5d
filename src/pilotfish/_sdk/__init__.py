"""The client that agents use."""
