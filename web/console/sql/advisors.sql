-- Advisors: all trainings, the newest first, and how many attempts are new since the last.

-- name: trainings
SELECT
    training_id, status, started_at, finished_at, attempts, train_attempts,
    heldout_attempts, parent, version, verdict, reason
FROM trainings FINAL
WHERE tenant = {tenant:String}
ORDER BY started_at DESC, training_id DESC
LIMIT 100;

-- name: serving
SELECT advisor_version AS version, count() AS hints, min(at) AS begins, max(at) AS ends
FROM hints FINAL
WHERE tenant = {tenant:String} AND advisor_version != ''
GROUP BY version
ORDER BY ends DESC
LIMIT 20;
