"""The archive: events, advice replies and dead letters into ClickHouse."""
