"""`pilotfish forget`: deletes an attempt or a tenant for good."""
