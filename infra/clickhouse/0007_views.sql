CREATE VIEW IF NOT EXISTS success_by_approach AS
SELECT
    tenant, problem_type, approach,
    countIf(p_success IS NOT NULL) AS attempts,
    countIf(p_success >= 0.5) AS successes,
    round(successes / nullIf(attempts, 0), 4) AS success_rate,
    round(avg(cost), 6) AS mean_cost
FROM attempts_current
WHERE version > 0
GROUP BY tenant, problem_type, approach;

-- By intention to treat: whoever asked and was not in the holdout counts as advised, also
-- where the advisor abstained; without those the two sides would be different problems.
-- Newcombe's interval of a difference of two proportions, from Wilson's (z = 1.96).
CREATE VIEW IF NOT EXISTS hint_lift AS
WITH
    1.96 AS z,
    n1 + z * z AS d1,
    n0 + z * z AS d0,
    advised_successes / n1 AS p1,
    holdout_successes / n0 AS p0,
    (advised_successes + z * z / 2) / d1 AS c1,
    (holdout_successes + z * z / 2) / d0 AS c0,
    z * sqrt(n1 * p1 * (1 - p1) + z * z / 4) / d1 AS w1,
    z * sqrt(n0 * p0 * (1 - p0) + z * z / 4) / d0 AS w0
SELECT
    tenant,
    n1 AS advised_attempts,
    n0 AS holdout_attempts,
    round(p1, 4) AS advised_success,
    round(p0, 4) AS holdout_success,
    round(p1 - p0, 4) AS lift,
    round(p1 - p0 - sqrt(pow(p1 - (c1 - w1), 2) + pow((c0 + w0) - p0, 2)), 4) AS lift_low,
    round(p1 - p0 + sqrt(pow((c1 + w1) - p1, 2) + pow(p0 - (c0 - w0), 2)), 4) AS lift_high
FROM
(
    SELECT
        tenant,
        countIf(hint_request_id != '' AND NOT hint_holdout) AS n1,
        countIf(hint_request_id != '' AND NOT hint_holdout AND p_success >= 0.5) AS advised_successes,
        countIf(hint_holdout) AS n0,
        countIf(hint_holdout AND p_success >= 0.5) AS holdout_successes
    FROM attempts_current
    WHERE p_success IS NOT NULL
    GROUP BY tenant
)
WHERE n1 > 0 AND n0 > 0;

CREATE VIEW IF NOT EXISTS learning_curve AS
SELECT
    tenant,
    intDiv(n - 1, 100) * 100 AS from_attempt,
    count() AS attempts,
    round(avgIf(p_success >= 0.5, hint_request_id != '' AND NOT hint_holdout), 4) AS advised_success,
    round(avgIf(p_success >= 0.5, hint_holdout), 4) AS holdout_success
FROM
(
    SELECT
        tenant, p_success, hint_request_id, hint_holdout,
        row_number() OVER (PARTITION BY tenant ORDER BY started_at, attempt_id) AS n
    FROM attempts_current
    WHERE p_success IS NOT NULL
)
GROUP BY tenant, from_attempt;

-- Success of each approach in its newest 200 attempts against the 800 before; |z| above 3 is drift.
CREATE VIEW IF NOT EXISTS drift AS
SELECT
    tenant, approach,
    countIf(age <= 200) AS recent_attempts,
    countIf(age > 200) AS earlier_attempts,
    round(avgIf(p_success >= 0.5, age <= 200), 4) AS recent_success,
    round(avgIf(p_success >= 0.5, age > 200), 4) AS earlier_success,
    round((recent_success - earlier_success)
        / nullIf(sqrt(avg(p_success >= 0.5) * (1 - avg(p_success >= 0.5))
                      * (1 / recent_attempts + 1 / earlier_attempts)), 0), 2) AS z
FROM
(
    SELECT
        tenant, approach, p_success,
        row_number() OVER (PARTITION BY tenant, approach ORDER BY started_at DESC, attempt_id DESC) AS age
    FROM attempts_current
    WHERE p_success IS NOT NULL AND approach != ''
)
WHERE age <= 1000
GROUP BY tenant, approach
HAVING recent_attempts > 0 AND earlier_attempts > 0;
