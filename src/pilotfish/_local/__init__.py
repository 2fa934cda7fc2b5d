"""What `pilotfish up` runs on one machine."""
