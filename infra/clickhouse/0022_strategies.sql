-- Strategies that nobody named: the memory finds them in the moves of attempts, and streams
-- notes for each attempt which one it used.
ALTER TABLE attempts ADD COLUMN IF NOT EXISTS
    moves Array(LowCardinality(String)) COMMENT 'its first 16 different decisions, in the order of their first occurrence' AFTER actions;
ALTER TABLE attempts ADD COLUMN IF NOT EXISTS
    strategy LowCardinality(String) COMMENT 'the strategy that was found in its moves; empty where none was' AFTER approach;
ALTER TABLE attempts ADD COLUMN IF NOT EXISTS
    tried LowCardinality(String) ALIAS if(approach = '', strategy, approach)
    COMMENT 'what learners count it for: the approach that was named, else the strategy that was found';

-- A view keeps the columns it was made with, and leaves out an alias that it does not name.
CREATE OR REPLACE VIEW attempts_current AS
SELECT * EXCEPT (seen_events, recent_actions), tried FROM attempts FINAL WHERE status != 'forgotten';

ALTER TABLE memory ADD COLUMN IF NOT EXISTS
    strategy LowCardinality(String) COMMENT 'the strategy that was found in its moves; empty where none was' AFTER approach;
ALTER TABLE memory ADD COLUMN IF NOT EXISTS
    moves Array(LowCardinality(String)) COMMENT 'its first 16 different decisions, in the order of their first occurrence' AFTER actions;

CREATE OR REPLACE VIEW memory_current AS
SELECT * EXCEPT (embedding) FROM memory FINAL;

CREATE OR REPLACE VIEW grouped_attempts AS
SELECT * FROM memory_current
LEFT JOIN (SELECT tenant, embedder, cluster, group_id FROM clusters FINAL) AS c
    USING (tenant, embedder, cluster)
LEFT JOIN (SELECT tenant, group_id, name AS group_name FROM groups FINAL) AS g
    USING (tenant, group_id);

CREATE TABLE IF NOT EXISTS strategy_patterns
(
    tenant      LowCardinality(String) COMMENT 'whose data it is',
    pattern     Array(String) COMMENT 'the first moves of attempts, each once',
    strategy    String COMMENT 'the strategy that it belongs to; empty where it has too few attempts',
    version     UInt64 COMMENT 'microseconds of the decision; the highest counts',
    inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when this row became queryable'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, pattern)
TTL toDateTime(inserted_at) + INTERVAL 400 DAY
COMMENT 'Beginnings of attempts, and the strategy of each; use FINAL';

CREATE TABLE IF NOT EXISTS strategies
(
    tenant      LowCardinality(String) COMMENT 'whose data it is',
    strategy    String COMMENT 'id of the strategy; stays while most of its attempts do',
    name        String COMMENT 'its moves in short, or the name that a person gave it',
    instruction String COMMENT 'one line that a model can follow',
    moves       Array(String) COMMENT 'the pattern that most of its attempts have',
    attempts    UInt64 COMMENT 'attempts that had its patterns when it was written',
    standing    LowCardinality(String) COMMENT 'offered, retired or merged',
    merged_into String COMMENT 'the strategy that has taken its place; empty while it has none',
    reason      String COMMENT 'why it stands so; empty while it is offered',
    version     UInt64 COMMENT 'microseconds of the decision; the highest counts',
    inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when this row became queryable'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, strategy)
COMMENT 'Strategies that were found in what agents do; use FINAL';
