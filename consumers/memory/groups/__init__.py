"""Similar problems as groups, and what works on each."""
