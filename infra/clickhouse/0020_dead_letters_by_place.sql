-- One row for each message: whoever set it aside, and however often it failed. The newest
-- row is the truth, and one that marks a replay is as new as the row that it marks.
CREATE OR REPLACE TABLE dead_letters
(
    tenant      LowCardinality(String) COMMENT 'whose data it is, where that could be read',
    at          DateTime64(6, 'UTC') COMMENT 'when it was set aside, the last time',
    service     LowCardinality(String) COMMENT 'the service that could not read it',
    reason      String COMMENT 'why it could not be read',
    topic       LowCardinality(String) COMMENT 'the topic it came from',
    source_partition UInt32 COMMENT 'the partition it came from, before any replay',
    source_offset UInt64 COMMENT 'its offset there',
    key         String COMMENT 'the raw key',
    value       String COMMENT 'the raw bytes',
    headers     Map(String, String) COMMENT 'the headers, undecodable bytes replaced',
    topic_partition UInt32 COMMENT 'Kafka partition of the dead letter itself',
    topic_offset    UInt64 COMMENT 'Kafka offset of the dead letter itself',
    inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when it became queryable, the last time that it failed',
    replayed_at Nullable(DateTime64(3, 'UTC')) COMMENT 'when `pilotfish dead replay` published it again; NULL where it did not, or where it failed again'
)
ENGINE = ReplacingMergeTree(inserted_at)
ORDER BY (topic, source_partition, source_offset)
TTL toDateTime(at) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 1000 -- a block sent again after a lost answer is known by its token
COMMENT 'What could not be read, as it came'
AS SELECT tenant, at, service, reason, topic, source_partition, source_offset, key, value,
    headers, topic_partition, topic_offset, inserted_at, NULL AS replayed_at
FROM dead_letters;
