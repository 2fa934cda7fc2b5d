"""How `pilotfish evaluate` plays a log to policies."""
