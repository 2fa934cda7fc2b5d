CREATE TABLE IF NOT EXISTS hints
(
    tenant      LowCardinality(String) COMMENT 'whose data it is',
    request_id  String COMMENT 'the request that was answered',
    client_id   String COMMENT 'who asked',
    attempt_id  String COMMENT 'the attempt it was asked for; may be empty',
    at          DateTime64(6, 'UTC') COMMENT 'when the advisor answered',
    approach    LowCardinality(String) COMMENT 'the approach advised; empty when the hint abstains',
    text        String COMMENT 'the sentence for the prompt; empty when the hint abstains',
    kind        LowCardinality(String) COMMENT 'recognised kind of problem',
    confidence  Nullable(Float64) COMMENT 'P(success) of the approach advised',
    candidates  Array(Tuple(approach String, p_success Float64, propensity Float64)) COMMENT 'every candidate as the advisor saw it',
    abstained   LowCardinality(String) COMMENT 'why it abstains; empty when it does not',
    holdout     Bool COMMENT 'left unhinted on purpose',
    advisor_version LowCardinality(String) COMMENT 'the advisor that answered',
    latency_ms  Float64 COMMENT 'milliseconds from reading the request to answering it',
    topic_partition UInt32 COMMENT 'Kafka partition of the reply',
    topic_offset    UInt64 COMMENT 'Kafka offset of the reply',
    inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when the row became queryable'
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, request_id)
TTL toDateTime(at) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 1000 -- a block sent again after a lost answer is known by its token
COMMENT 'One row an advice reply';
