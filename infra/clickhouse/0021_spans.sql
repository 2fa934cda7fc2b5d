-- One span as OpenTelemetry carries it. The sort key is the span's identity, so that a span
-- that comes twice collapses, and the spans of a trace stand together.
CREATE TABLE IF NOT EXISTS spans
(
    tenant      LowCardinality(String) COMMENT 'whose data it is',
    trace_id    String COMMENT 'the trace, 32 hexadecimal digits; also the id of its attempt',
    span_id     String COMMENT 'the span, 16 hexadecimal digits',
    parent_id   String COMMENT 'the span above it; empty for a root',
    remote_parent Bool COMMENT 'the span above it is of another process, whose spans may go elsewhere',
    name        LowCardinality(String) COMMENT 'as exported',
    at          DateTime64(6, 'UTC') COMMENT 'when it began, by the clock of the agent',
    duration_s  Float64 COMMENT 'seconds it took',
    status      LowCardinality(String) COMMENT 'unset, ok or error',
    status_message String COMMENT 'why the status is an error',
    scope       LowCardinality(String) COMMENT 'the instrumentation library',
    attributes  String COMMENT 'as exported, a JSON object: JSONExtractString(attributes, \'gen_ai.tool.name\')' CODEC(ZSTD(1)),
    resource    String COMMENT 'attributes of the process, a JSON object' CODEC(ZSTD(1)),
    events      String COMMENT 'what happened meanwhile, a JSON list of name, at_us and attributes' CODEC(ZSTD(1)),
    inserted_at DateTime64(3, 'UTC') DEFAULT now64(3) COMMENT 'when this row became queryable'
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, trace_id, span_id)
TTL toDateTime(inserted_at) + INTERVAL 400 DAY
COMMENT 'One row a span, as exported; a trace becomes an attempt with the id of the trace';
