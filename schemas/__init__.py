"""Data that crosses processes: messages, the table of topics, the error tree."""
