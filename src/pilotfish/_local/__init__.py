"""The platform that `pilotfish up` runs on one machine."""
