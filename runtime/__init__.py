"""What every process needs: settings, Kafka, ClickHouse, dead letters."""
