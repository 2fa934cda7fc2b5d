-- Not by the agents' clocks, as with attempts: events of a replayed log may be years old.
ALTER TABLE events MODIFY TTL toDateTime(inserted_at) + INTERVAL 400 DAY;
