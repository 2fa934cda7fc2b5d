"""`pilotfish forget`: permanently deletes an attempt or a tenant."""
