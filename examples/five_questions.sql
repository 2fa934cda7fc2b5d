-- Which approach works, and what does it cost?
SELECT approach, sum(s.attempts) AS attempts, round(sum(s.successes) / sum(s.attempts), 3) AS success,
       round(sum(s.mean_cost * s.attempts) / sum(s.attempts), 4) AS mean_cost
FROM success_by_approach AS s GROUP BY approach ORDER BY success DESC;

-- Does advice help, and how sure is that?
SELECT advised_attempts, holdout_attempts, advised_success, holdout_success, lift, lift_low, lift_high
FROM hint_lift;

-- Is it getting better?
SELECT intDiv(from_attempt, 400) * 400 AS attempt,
       round(avg(advised_success), 3) AS advised, round(avg(holdout_success), 3) AS holdout
FROM learning_curve GROUP BY attempt ORDER BY attempt;

-- What did the trainings decide, and why?
SELECT attempts, verdict, dateDiff('second', started_at, finished_at) AS seconds, reason
FROM trainings FINAL WHERE status = 'finished' ORDER BY started_at;

-- On which kinds of problems do we still fail, and what was advised there?
SELECT h.kind AS kind, count() AS attempts, round(avg(a.p_success), 2) AS success,
       topK(1)(a.approach)[1] AS mostly_tried
FROM attempts_current AS a JOIN hints AS h ON h.request_id = a.hint_request_id
WHERE a.p_success IS NOT NULL AND h.approach != ''
GROUP BY kind HAVING attempts >= 10 ORDER BY success LIMIT 5;
