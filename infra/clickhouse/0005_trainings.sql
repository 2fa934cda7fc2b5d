CREATE TABLE IF NOT EXISTS trainings
(
    tenant      LowCardinality(String) COMMENT 'whose attempts were learned',
    training_id String COMMENT 'the training (UUIDv7)',
    status      LowCardinality(String) COMMENT 'started, finished or failed',
    started_at  DateTime64(3, 'UTC') COMMENT 'when it began',
    finished_at Nullable(DateTime64(3, 'UTC')) COMMENT 'when it ended; NULL while it runs',
    watermark   Map(UInt32, UInt64) COMMENT 'Kafka partition -> highest first_offset of an attempt in the dataset',
    attempts    UInt64 COMMENT 'labelled attempts in the dataset',
    train_attempts   UInt64 COMMENT 'of these, learned from',
    heldout_attempts UInt64 COMMENT 'of these, held out by problem text',
    parent      String COMMENT 'version of the incumbent; empty when there was none',
    version     String COMMENT 'version of the candidate; empty when none came of it',
    verdict     LowCardinality(String) COMMENT 'promoted or refused; empty while it runs or when it failed',
    reason      String COMMENT 'why, in words',
    metrics     String COMMENT 'numbers of candidate and incumbent, as JSON',
    updated_at  DateTime64(6, 'UTC') DEFAULT now64(6) COMMENT 'the newest row of a training counts'
)
ENGINE = ReplacingMergeTree(updated_at)
ORDER BY (tenant, training_id)
COMMENT 'One row a training; query with FINAL';
