"""What `pilotfish evaluate` does in each of its protocols."""
