-- What the label model of a tenant and partition had learned before `as_of`: the next batch
-- goes on from there, and so does whoever reads the same events again.
CREATE TABLE IF NOT EXISTS label_models
(
    tenant      LowCardinality(String) COMMENT 'whose labels it makes',
    topic_partition UInt32 COMMENT 'Kafka partition of the attempts it learned from',
    as_of       UInt64 COMMENT 'offset of pilotfish.events up to which, exclusively, it has learned',
    model       String COMMENT 'accuracy counts of sources and pairs, as JSON' CODEC(ZSTD(3)),
    inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when the row became queryable'
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, topic_partition, as_of)
COMMENT 'Snapshots of label models, the newest hundred of each; a snapshot at an offset is the same whoever wrote it';
