-- Counts by the partition they came from: each row is true up to `last_offset` of that
-- partition, so a replay writes the same number and an old writer is outvoted.
CREATE TABLE IF NOT EXISTS window_counts_by_partition
(
    tenant       LowCardinality(String) COMMENT 'whose data it is',
    window_s     UInt32 COMMENT 'length of the tumbling window in seconds: 60 or 3600',
    window_start DateTime('UTC') COMMENT 'start of the window; attempts count where they started',
    problem_type LowCardinality(String) COMMENT 'as given by the user; may be empty',
    approach     LowCardinality(String) COMMENT 'the approach that was used; may be empty',
    topic_partition UInt32 COMMENT 'Kafka partition of the attempts counted here',
    attempts     Int64 COMMENT 'labelled attempts, abstentions included',
    successes    Int64 COMMENT 'attempts with P(success) of at least 0.5',
    failures     Int64 COMMENT 'attempts with P(success) below 0.5',
    abstentions  Int64 COMMENT 'attempts whose label abstains',
    cost_nano    Int128 COMMENT 'sum of the attempts'' cost in billionths: integers add up exactly in any order',
    duration_us  Int128 COMMENT 'sum of the attempts'' durations in microseconds',
    last_offset  UInt64 COMMENT 'offset of pilotfish.events up to which this row is true',
    inserted_at  DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when this row became queryable'
)
ENGINE = ReplacingMergeTree(last_offset)
ORDER BY (tenant, window_s, window_start, problem_type, approach, topic_partition)
TTL toDateTime(inserted_at) + INTERVAL 400 DAY
COMMENT 'Windowed counts by Kafka partition; read window_counts';

CREATE VIEW IF NOT EXISTS window_counts AS
SELECT
    tenant, window_s, window_start, problem_type, approach,
    sum(c.attempts) AS attempts,
    sum(c.successes) AS successes,
    sum(c.failures) AS failures,
    sum(c.abstentions) AS abstentions,
    sum(c.cost_nano) / 1e9 AS cost,
    sum(c.duration_us) / 1e6 AS duration_s
FROM window_counts_by_partition AS c FINAL
GROUP BY tenant, window_s, window_start, problem_type, approach
HAVING attempts > 0;
