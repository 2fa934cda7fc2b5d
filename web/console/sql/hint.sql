-- One hint: what the advisor knew of each candidate, and what became of the attempt.

-- name: hint
SELECT
    request_id, attempt_id, at, approach, text, kind, confidence, abstained, holdout,
    advisor_version, latency_ms, candidates, evidence
FROM hints FINAL
WHERE tenant = {tenant:String} AND request_id = {request:String};

-- name: attempt
SELECT attempt_id, tried, status, p_success
FROM attempts_current
WHERE tenant = {tenant:String} AND attempt_id =
(
    SELECT attempt_id FROM hints FINAL
    WHERE tenant = {tenant:String} AND request_id = {request:String}
);
