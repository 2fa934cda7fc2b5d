-- What was tried on which problem, searchable. The row of an attempt with the highest
-- last_offset is the newest, as in `attempts`; search asks for more than it needs and keeps
-- these. Small granules and blocks, because a search reads single rows. The index of words
-- is a Bloom filter: the type `text` is younger than ClickHouse 25.3.
CREATE TABLE IF NOT EXISTS memory
(
    tenant       LowCardinality(String) COMMENT 'whose data it is',
    attempt_id   String COMMENT 'the attempt (UUIDv7 when made by the SDK)',
    version      UInt32 COMMENT 'version of the label this row was made from',
    at           DateTime64(6, 'UTC') COMMENT 'when the attempt began',
    problem      String COMMENT 'the text that was asked' CODEC(ZSTD(3)),
    problem_type LowCardinality(String) COMMENT 'as given by the user; may be empty',
    approach     LowCardinality(String) COMMENT 'the approach that was used; empty when nobody named it',
    agent        LowCardinality(String) COMMENT 'name of the agent',
    asker        String COMMENT 'who asked, where the agent said so; empty otherwise',
    p_success    Nullable(Float64) COMMENT 'the label: P(success); NULL where it abstains',
    abstained    LowCardinality(String) COMMENT 'why the label abstains; empty when it does not',
    outcome      LowCardinality(String) COMMENT 'success or failure, or why the label abstains',
    cost         Float64 COMMENT 'sum over the steps',
    duration_s   Float64 COMMENT 'seconds from start to end',
    steps        UInt32 COMMENT 'steps recorded up to the end',
    actions      Array(LowCardinality(String)) COMMENT 'names of the first 64 actions, in order',
    embedder     LowCardinality(String) COMMENT 'the base advisor that made the embedding; vectors of two are not comparable',
    embedding    Array(Float32) COMMENT 'the problem as 384 numbers, of length 1' CODEC(NONE),
    topic_partition UInt32 COMMENT 'Kafka partition of the attempt''s events',
    last_offset  UInt64 COMMENT 'offset of the newest event the label knows',
    inserted_at  DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when this row became queryable',
    INDEX by_meaning embedding TYPE vector_similarity('hnsw', 'cosineDistance', 384, 'bf16', 32, 128) GRANULARITY 100000000,
    INDEX by_words lower(problem) TYPE tokenbf_v1(4096, 3, 0) GRANULARITY 8,
    INDEX by_asker asker TYPE bloom_filter(0.01) GRANULARITY 8
)
ENGINE = ReplacingMergeTree(last_offset)
ORDER BY (tenant, attempt_id)
TTL toDateTime(inserted_at) + INTERVAL 400 DAY
-- The first is for servers on which this index is still an experiment; it is not kept.
SETTINGS allow_experimental_vector_similarity_index = 1, index_granularity = 128,
    min_compress_block_size = 1024
COMMENT 'Attempts by their problem, to search; read memory_current for one row an attempt';

CREATE VIEW IF NOT EXISTS memory_current AS
SELECT * EXCEPT (embedding) FROM memory FINAL;
