"""The servers: embedded for one machine, prepared for services, and deployed."""
