-- One event as published. The sort key is the event's identity, so that a doubled
-- event collapses; partition and offset are where the archive goes on after a restart.
CREATE TABLE IF NOT EXISTS events
(
    tenant      LowCardinality(String) COMMENT 'whose data it is',
    attempt_id  String COMMENT 'the attempt this belongs to (UUIDv7 when made by the SDK)',
    event_id    String COMMENT 'unique to the event, made by the publisher (UUIDv7)',
    event       LowCardinality(String) COMMENT 'AttemptStarted, StepRecorded, SignalRecorded, AttemptEnded or FeedbackGiven',
    at          DateTime64(6, 'UTC') COMMENT 'when it happened, by the clock of the agent',
    kind        LowCardinality(String) COMMENT 'kind of the step or signal; empty for other events',
    name        String COMMENT 'name of the step, source of the feedback',
    content     String COMMENT 'text of the problem, step, signal or reason' CODEC(ZSTD(1)),
    truncated   Bool COMMENT 'the content was longer than 256 kB and was cut by the SDK',
    value       Nullable(Float64) COMMENT 'what a signal or feedback says: 1 success, 0 failure',
    status      LowCardinality(String) COMMENT 'how the attempt ended; empty for other events',
    problem_type LowCardinality(String) COMMENT 'as given by the user with AttemptStarted',
    approach    LowCardinality(String) COMMENT 'the approach named by AttemptStarted or AttemptEnded',
    agent       LowCardinality(String) COMMENT 'name of the agent, with AttemptStarted',
    agent_version LowCardinality(String) COMMENT 'version of the agent, with AttemptStarted',
    model       LowCardinality(String) COMMENT 'model of the agent, with AttemptStarted',
    duration_s  Nullable(Float64) COMMENT 'seconds a step took',
    cost        Float64 COMMENT 'cost of a step, in the unit the user chose',
    tokens      UInt64 COMMENT 'tokens of a step',
    hint_request_id String COMMENT 'request_id of the hint an ended attempt had asked for',
    topic_partition UInt32 COMMENT 'Kafka partition the event came from',
    topic_offset    UInt64 COMMENT 'Kafka offset within that partition',
    inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when the row became queryable'
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, attempt_id, event_id)
TTL toDateTime(at) + INTERVAL 400 DAY
SETTINGS non_replicated_deduplication_window = 1000 -- a block sent again after a lost answer is known by its token
COMMENT 'One row an event, as published to pilotfish.events';
