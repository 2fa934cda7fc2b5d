CREATE TABLE IF NOT EXISTS dead_letters
(
    tenant      LowCardinality(String) COMMENT 'whose data it is, where that could be read',
    at          DateTime64(6, 'UTC') COMMENT 'when it was set aside',
    service     LowCardinality(String) COMMENT 'the service that could not read it',
    reason      String COMMENT 'why it could not be read',
    topic       LowCardinality(String) COMMENT 'the topic it came from',
    source_partition UInt32 COMMENT 'the partition it came from',
    source_offset UInt64 COMMENT 'its offset there',
    key         String COMMENT 'the raw key',
    value       String COMMENT 'the raw bytes',
    headers     Map(String, String) COMMENT 'the headers, undecodable bytes replaced',
    topic_partition UInt32 COMMENT 'Kafka partition of the dead letter itself',
    topic_offset    UInt64 COMMENT 'Kafka offset of the dead letter itself',
    inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when the row became queryable'
)
ENGINE = ReplacingMergeTree
ORDER BY (topic, source_partition, source_offset, service)
TTL toDateTime(at) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 1000 -- a block sent again after a lost answer is known by its token
COMMENT 'What could not be read, as it came';
