-- What works on which group of problems: written anew where there is news, see
-- consumers/playbook.py. Old versions stay.
CREATE TABLE IF NOT EXISTS playbook
(
    tenant     LowCardinality(String) COMMENT 'whose data it is',
    group_id   String COMMENT 'the group of problems',
    approach   String COMMENT 'the approach, in its most frequent spelling',
    attempts   UInt64 COMMENT 'labelled attempts that are looked at, at most 200',
    weight     Float64 COMMENT 'the same, where one counts half after each 30 days',
    p_success  Float64 COMMENT 'weighted mean of their labels',
    low        Float64 COMMENT 'from here',
    high       Float64 COMMENT 'to here: 95 % interval by Wilson, of weight',
    cost       Float64 COMMENT 'weighted mean cost',
    actions    Array(String) COMMENT 'the longest sequence of actions that half of the successes share',
    failures   String COMMENT 'what most sets failures apart from successes; empty where nothing does',
    trend      Float64 COMMENT 'P(success) of the newer half minus that of the older',
    last_seen  DateTime64(6, 'UTC') COMMENT 'when the newest attempt began',
    version    UInt64 COMMENT 'microseconds of the writing; all entries of a tenant have the same',
    inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when this row became queryable'
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, version, group_id, approach)
TTL toDateTime(inserted_at) + INTERVAL 400 DAY
COMMENT 'Approaches by group of problems, in versions; read playbook_current for the newest';

CREATE VIEW IF NOT EXISTS playbook_current AS
SELECT p.*, g.group_name AS group_name
FROM (
    SELECT * FROM playbook FINAL
    WHERE (tenant, version) IN (SELECT tenant, max(version) FROM playbook GROUP BY tenant)
) AS p
LEFT JOIN (SELECT tenant, group_id, name AS group_name FROM groups FINAL) AS g
    USING (tenant, group_id);
