-- Orders to forget that streams obeyed. No row of these attempts and tenants may come back:
-- services read this table before they write. Ids only; it is kept for good.
CREATE TABLE IF NOT EXISTS forgotten
(
    tenant      LowCardinality(String) COMMENT 'whose attempt, or the tenant itself',
    attempt_id  String COMMENT 'the attempt; empty where all of the tenant is forgotten',
    event_id    String COMMENT 'id of the order, for who gave it and waits',
    topic_partition UInt32 COMMENT 'Kafka partition of pilotfish.events in which the order lies',
    topic_offset    UInt64 COMMENT 'its Kafka offset there',
    inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when streams had obeyed it'
)
ENGINE = MergeTree
ORDER BY (tenant, attempt_id)
COMMENT 'What was forgotten: ids without content, by which late events are dropped';

ALTER TABLE attempts COMMENT COLUMN IF EXISTS
    status 'how it ended: succeeded, failed, infrastructure, abandoned, unknown; forgotten where nothing but ids is left, so that an older row cannot come back';

CREATE OR REPLACE VIEW attempts_current AS
SELECT * EXCEPT (seen_events, recent_actions) FROM attempts FINAL WHERE status != 'forgotten';
