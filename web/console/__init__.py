"""The console: pages that people look at, served by the door."""
