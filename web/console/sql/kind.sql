-- One kind of problem: its playbook, and its newest attempts.

-- name: playbook
SELECT
    p.group_name AS group_name,
    if(s.name != '', s.name, p.approach) AS approach,
    p.approach AS tried,
    attempts, p_success, low, high, cost, trend, actions, failures, last_seen
FROM
(
    SELECT * FROM playbook_current
    WHERE tenant = {tenant:String} AND group_id = {group:String}
) AS p
LEFT JOIN
(
    SELECT strategy, any(name) AS name FROM strategies_current
    WHERE tenant = {tenant:String} GROUP BY strategy
) AS s ON s.strategy = p.approach
ORDER BY p_success DESC, approach;

-- name: examples
SELECT
    attempt_id, at, outcome, p_success, cost, duration_s,
    substringUTF8(problem, 1, 300) AS problem,
    if(approach != '', approach, strategy) AS tried
FROM grouped_attempts
WHERE tenant = {tenant:String} AND group_id = {group:String}
ORDER BY at DESC
LIMIT 30;
