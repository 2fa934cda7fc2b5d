ALTER TABLE attempts ADD COLUMN IF NOT EXISTS
    repeats UInt32 COMMENT 'how often one action, the same to the letter, was among eight in a row' AFTER actions;
ALTER TABLE attempts ADD COLUMN IF NOT EXISTS
    recent_actions Array(UInt64) COMMENT 'hashes of the last eight actions, to recognise repetitions' AFTER repeats;
ALTER TABLE attempts ADD COLUMN IF NOT EXISTS
    answer Nullable(String) COMMENT 'the first 400 characters of the last answer; NULL without an answer step' AFTER recent_actions;
ALTER TABLE attempts ADD COLUMN IF NOT EXISTS
    exception String COMMENT 'the first 400 characters of what was said of the last exception' AFTER answer;
ALTER TABLE attempts ADD COLUMN IF NOT EXISTS
    end_reason String COMMENT 'the first 400 characters of the reason of the end' AFTER exception;
ALTER TABLE attempts ADD COLUMN IF NOT EXISTS
    votes Map(LowCardinality(String), Float64) COMMENT 'what each labelling function said that had a word: 1 success, 0 failure' AFTER evidence;

CREATE OR REPLACE VIEW attempts_current AS
SELECT * EXCEPT (seen_events, recent_actions) FROM attempts FINAL;
