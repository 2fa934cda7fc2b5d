-- What works: the playbook of every kind of problem, and how often each approach is used.

-- name: playbook
SELECT
    p.group_id AS group_id,
    p.group_name AS group_name,
    if(s.name != '', s.name, p.approach) AS approach,
    p.approach AS tried,
    attempts, p_success, low, high, cost, trend,
    sum(attempts) OVER (PARTITION BY p.group_id) AS of_kind
FROM (SELECT * FROM playbook_current WHERE tenant = {tenant:String}) AS p
LEFT JOIN
(
    SELECT strategy, any(name) AS name FROM strategies_current
    WHERE tenant = {tenant:String} GROUP BY strategy
) AS s ON s.strategy = p.approach
ORDER BY of_kind DESC, group_id, p_success DESC, approach
LIMIT 400;

-- name: used
SELECT group_id, if(approach != '', approach, strategy) AS tried, count() AS attempts
FROM grouped_attempts
WHERE tenant = {tenant:String} AND group_id != ''
GROUP BY group_id, tried;
