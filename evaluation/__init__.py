"""`pilotfish evaluate`: policies played over logs of attempts."""
