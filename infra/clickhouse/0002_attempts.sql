-- The state of an attempt after the event at `last_offset` of its partition. Streams
-- writes a new row when the state changes and reads it back after a restart; the row
-- with the highest last_offset is the truth, so a replayed row changes nothing.
CREATE TABLE IF NOT EXISTS attempts
(
    tenant       LowCardinality(String) COMMENT 'whose data it is',
    attempt_id   String COMMENT 'the attempt (UUIDv7 when made by the SDK)',
    version      UInt32 COMMENT 'version of the label; 0 while there is none',
    labeller     LowCardinality(String) COMMENT 'name and version of the rules that made the label',
    started      Bool COMMENT 'its start is known; without it there is no problem to learn from',
    ended        Bool COMMENT 'the attempt is over',
    status       LowCardinality(String) COMMENT 'how it ended: succeeded, failed, infrastructure, abandoned, unknown',
    p_success    Nullable(Float64) COMMENT 'the label: P(success); NULL where it abstains or there is none yet',
    abstained    LowCardinality(String) COMMENT 'why the label abstains; empty when it does not',
    problem      String COMMENT 'the text that was asked' CODEC(ZSTD(3)),
    problem_type LowCardinality(String) COMMENT 'as given by the user; may be empty',
    approach     LowCardinality(String) COMMENT 'the approach that was used; empty when nobody named it',
    agent        LowCardinality(String) COMMENT 'name of the agent',
    agent_version LowCardinality(String) COMMENT 'version of the agent',
    model        LowCardinality(String) COMMENT 'model of the agent',
    started_at   DateTime64(6, 'UTC') COMMENT 'time of the start, or of the earliest event known',
    ended_at     Nullable(DateTime64(6, 'UTC')) COMMENT 'time of the end; NULL while open',
    steps        UInt32 COMMENT 'steps recorded up to the end',
    late_steps   UInt32 COMMENT 'steps that came after the end; they do not count elsewhere',
    cost         Float64 COMMENT 'sum over the steps',
    tokens       UInt64 COMMENT 'sum over the steps',
    evidence     String COMMENT 'the signals the label was made of, as JSON',
    hint_request_id String COMMENT 'request_id of the hint it asked for; empty when it asked for none',
    hint_approach LowCardinality(String) COMMENT 'the approach that was advised; empty when the hint abstained',
    hint_propensity Nullable(Float64) COMMENT 'probability with which the advisor chose hint_approach',
    hint_holdout Bool COMMENT 'left unhinted on purpose',
    hint_advisor LowCardinality(String) COMMENT 'version of the advisor that answered',
    topic_partition UInt32 COMMENT 'Kafka partition of the attempt''s events',
    first_offset UInt64 COMMENT 'offset of the event that made the first label; 0 with version 0',
    last_offset  UInt64 COMMENT 'offset of the newest event this row knows',
    last_event_at DateTime64(6, 'UTC') COMMENT 'latest time any of its events gave',
    seen_events  Array(UInt64) COMMENT 'hashes of the ids of the events counted, to recognise doubled ones',
    inserted_at  DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when this row became queryable',
    INDEX by_inserted_at inserted_at TYPE minmax -- the search for idle attempts looks at new rows only
)
ENGINE = ReplacingMergeTree(last_offset)
ORDER BY (tenant, attempt_id)
TTL toDateTime(inserted_at) + INTERVAL 400 DAY -- not by the agents' clocks: logs of old attempts are replayed
COMMENT 'Attempts assembled from their events; read attempts_current for one row an attempt';

CREATE VIEW IF NOT EXISTS attempts_current AS
SELECT * EXCEPT (seen_events) FROM attempts FINAL;
