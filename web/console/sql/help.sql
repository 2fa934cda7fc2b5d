-- Does it help? By intention to treat: an attempt that asked for advice and was not held
-- out counts as advised, also where the advisor abstained.

-- name: attempts
SELECT
    count() AS attempts,
    countIf(p_success IS NOT NULL) AS labelled,
    countIf(hint_request_id != '') AS asked,
    max(started_at) AS newest
FROM attempts_current
WHERE tenant = {tenant:String};

-- name: all
SELECT
    countIf(NOT hint_holdout) AS advised,
    countIf(NOT hint_holdout AND p_success >= 0.5) AS advised_won,
    countIf(hint_holdout) AS holdout,
    countIf(hint_holdout AND p_success >= 0.5) AS holdout_won,
    avgIf(cost, NOT hint_holdout) AS advised_cost,
    avgIf(cost, hint_holdout) AS holdout_cost,
    avgIf(dateDiff('millisecond', started_at, ended_at), NOT hint_holdout) / 1000 AS advised_s,
    avgIf(dateDiff('millisecond', started_at, ended_at), hint_holdout) / 1000 AS holdout_s
FROM attempts_current
WHERE tenant = {tenant:String} AND hint_request_id != '' AND p_success IS NOT NULL;

-- name: over_time
SELECT
    min(started_at) AS begins,
    max(started_at) AS ends,
    countIf(NOT held) AS advised,
    countIf(NOT held AND won) AS advised_won,
    countIf(held) AS holdout,
    countIf(held AND won) AS holdout_won
FROM
(
    SELECT
        started_at, held, won,
        intDiv((row_number() OVER (ORDER BY started_at, attempt_id) - 1) * 12, count() OVER ()) AS part
    FROM
    (
        SELECT started_at, attempt_id, hint_holdout AS held, p_success >= 0.5 AS won
        FROM attempts_current
        WHERE tenant = {tenant:String} AND hint_request_id != '' AND p_success IS NOT NULL
        ORDER BY started_at DESC, attempt_id DESC
        LIMIT 20000
    )
)
GROUP BY part
ORDER BY part;

-- name: by_kind
SELECT
    kind,
    countIf(NOT held) AS advised,
    countIf(NOT held AND won) AS advised_won,
    countIf(held) AS holdout,
    countIf(held AND won) AS holdout_won
FROM
(
    SELECT
        if(problem_type != '', problem_type, group_name) AS kind,
        hint_holdout AS held,
        p_success >= 0.5 AS won
    FROM
    (
        SELECT attempt_id, problem_type, hint_holdout, p_success
        FROM attempts_current
        WHERE tenant = {tenant:String} AND hint_request_id != '' AND p_success IS NOT NULL
    ) AS a
    LEFT JOIN
    (
        SELECT attempt_id, group_name FROM grouped_attempts WHERE tenant = {tenant:String}
    ) AS g USING (attempt_id)
)
GROUP BY kind
ORDER BY count() DESC, kind
LIMIT 30;

-- name: teach_nothing
SELECT reason, count() AS attempts
FROM
(
    SELECT multiIf(
        NOT ended, 'still open',
        abstained != '', abstained,
        approach = '' AND strategy = '', 'no approach named, and no strategy found yet',
        ''
    ) AS reason
    FROM attempts_current
    WHERE tenant = {tenant:String}
)
WHERE reason != ''
GROUP BY reason
ORDER BY attempts DESC, reason;
