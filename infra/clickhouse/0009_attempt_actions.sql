ALTER TABLE attempts ADD COLUMN IF NOT EXISTS
    asker String COMMENT 'who asked: user.id or session.id among the attributes of its start; empty where the agent said neither' AFTER model;
ALTER TABLE attempts ADD COLUMN IF NOT EXISTS
    actions Array(LowCardinality(String)) COMMENT 'names of its first 64 actions, in order' AFTER late_steps;

-- A view keeps the columns it was made with.
CREATE OR REPLACE VIEW attempts_current AS
SELECT * EXCEPT (seen_events) FROM attempts FINAL;
