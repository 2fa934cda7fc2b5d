ALTER TABLE attempts ADD COLUMN IF NOT EXISTS
    stuck Bool COMMENT 'its last observation was an error, which it did not get past' AFTER repeats;

CREATE OR REPLACE VIEW attempts_current AS
SELECT * EXCEPT (seen_events, recent_actions) FROM attempts FINAL WHERE status != 'forgotten';
