"""What servers must have before services start: topics, tables, rights."""
