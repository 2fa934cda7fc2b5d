-- An evaluation may name the response that it is about, and neither trace nor span: it has
-- to find the model call, and one that came first has to be found by it.
ALTER TABLE spans ADD COLUMN IF NOT EXISTS
    response_id String MATERIALIZED JSONExtractString(attributes, 'gen_ai.response.id')
    COMMENT 'the id that the provider gave the response, of a model call or of what is said of it; empty where none is told'
    AFTER events;

ALTER TABLE spans ADD INDEX IF NOT EXISTS by_response response_id TYPE bloom_filter(0.001) GRANULARITY 4;
