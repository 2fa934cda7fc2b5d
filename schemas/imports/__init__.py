"""What other tools recorded of their agents, as attempts: one file for each format."""
