"""The chDB engine behind ClickHouse's HTTP protocol."""
