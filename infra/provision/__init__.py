"""What the servers must have before services start: topics, tables, permissions."""
