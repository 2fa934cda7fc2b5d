-- A search reads single rows: nine columns of them take 3 ms, one of 60 bytes next to none.
ALTER TABLE memory ADD COLUMN IF NOT EXISTS
    brief String MATERIALIZED toJSONString(tuple(
        problem, problem_type, approach, outcome, p_success, cost, duration_s, steps, actions, embedder))
    COMMENT 'what a search shows of the attempt, as one JSON array in the order of its definition'
    CODEC(ZSTD(1));
