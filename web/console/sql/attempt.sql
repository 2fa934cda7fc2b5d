-- One attempt: how it went, the hint it got, and all its events in their order.

-- name: attempt
SELECT
    attempt_id, problem, problem_type, approach, strategy, agent, agent_version, model,
    status, ended, p_success, abstained, evidence, labeller, version,
    started_at, ended_at, steps, cost, tokens, moves,
    hint_request_id, hint_approach, hint_holdout,
    dateDiff('millisecond', started_at, ended_at) / 1000 AS duration_s
FROM attempts_current
WHERE tenant = {tenant:String} AND attempt_id = {attempt:String};

-- name: events
SELECT
    event, at, kind, name, value, status, duration_s, cost, tokens, truncated,
    substringUTF8(content, 1, 20001) AS content
FROM events FINAL
WHERE tenant = {tenant:String} AND attempt_id = {attempt:String}
ORDER BY at, topic_partition, topic_offset
LIMIT 500;

-- name: spans
SELECT span_id, parent_id, name, at, duration_s, status, status_message
FROM spans FINAL
WHERE tenant = {tenant:String} AND trace_id = {attempt:String}
ORDER BY at, span_id
LIMIT 500;

-- name: kind
SELECT group_id, group_name FROM grouped_attempts
WHERE tenant = {tenant:String} AND attempt_id = {attempt:String} AND group_id != '';
