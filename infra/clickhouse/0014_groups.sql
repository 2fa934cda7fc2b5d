-- Problems in groups: an attempt belongs to a cluster for good, a cluster to a group until
-- groups are split or merged. See consumers/grouping.py.
ALTER TABLE memory ADD COLUMN IF NOT EXISTS
    cluster LowCardinality(String) COMMENT 'the cluster of near problems that this one belongs to' AFTER embedding;

CREATE OR REPLACE VIEW memory_current AS
SELECT * EXCEPT (embedding) FROM memory FINAL;

CREATE TABLE IF NOT EXISTS clusters
(
    tenant      LowCardinality(String) COMMENT 'whose data it is',
    cluster     String COMMENT 'id of the cluster; follows from its first attempt',
    embedder    LowCardinality(String) COMMENT 'the base advisor that made the embedding; vectors of two are not comparable',
    embedding   Array(Float32) COMMENT 'the problem that founded it as 384 numbers, of length 1' CODEC(NONE),
    group_id    String COMMENT 'the group it belongs to now',
    version     UInt64 COMMENT 'microseconds of the decision; the highest counts',
    inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when this row became queryable'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, embedder, cluster)
TTL toDateTime(inserted_at) + INTERVAL 400 DAY
COMMENT 'Near problems by their founder, and the group of each; use FINAL';

CREATE TABLE IF NOT EXISTS groups
(
    tenant      LowCardinality(String) COMMENT 'whose data it is',
    group_id    String COMMENT 'id of the group; stays while most of its attempts do',
    name        String COMMENT 'the words that tell it from the other groups',
    clusters    UInt32 COMMENT 'clusters that belong to it; 0: it is no more',
    attempts    UInt64 COMMENT 'attempts that belonged to it when it was named',
    merged_into String COMMENT 'where most of its attempts went; empty while it is there',
    version     UInt64 COMMENT 'microseconds of the decision; the highest counts',
    inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when this row became queryable'
)
ENGINE = ReplacingMergeTree(version)
ORDER BY (tenant, group_id)
TTL toDateTime(inserted_at) + INTERVAL 400 DAY
COMMENT 'Groups of similar problems, found while attempts come; use FINAL';

CREATE VIEW IF NOT EXISTS grouped_attempts AS
SELECT * FROM memory_current
LEFT JOIN (SELECT tenant, embedder, cluster, group_id FROM clusters FINAL) AS c
    USING (tenant, embedder, cluster)
LEFT JOIN (SELECT tenant, group_id, name AS group_name FROM groups FINAL) AS g
    USING (tenant, group_id);
