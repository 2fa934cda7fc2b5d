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
WHERE a.p_success IS NOT NULL AND h.approach != '' AND h.kind != ''
GROUP BY kind HAVING attempts >= 10 ORDER BY success LIMIT 5;

-- Which group of problems is getting worse?
SELECT group_name, count() AS attempts,
       round(avgIf(p_success, NOT late), 2) AS before, round(avgIf(p_success, late), 2) AS lately
FROM (SELECT group_id, group_name, p_success,
             row_number() OVER (PARTITION BY group_id ORDER BY at) * 2
             > count() OVER (PARTITION BY group_id) AS late
      FROM grouped_attempts WHERE p_success IS NOT NULL)
GROUP BY group_id, group_name HAVING attempts >= 20 ORDER BY lately - before LIMIT 5;

-- Which approach is over-used, where another one surely does better?
SELECT group_name, approach, attempts, round(p_success, 2) AS success,
       best, round(best_success, 2) AS best_success
FROM (SELECT *, argMax(approach, low) OVER of_group AS best, max(low) OVER of_group AS best_low,
             argMax(p_success, low) OVER of_group AS best_success
      FROM playbook_current WINDOW of_group AS (PARTITION BY group_id))
WHERE high < best_low ORDER BY attempts DESC, success LIMIT 5;

-- Which labelling function disagrees most with the labels?
SELECT function, count() AS spoke,
       round(countIf((vote >= 0.5) != (p_success >= 0.5)) / spoke, 2) AS disagrees
FROM attempts_current ARRAY JOIN mapKeys(votes) AS function, mapValues(votes) AS vote
WHERE p_success IS NOT NULL GROUP BY function ORDER BY disagrees DESC, spoke DESC LIMIT 5;

-- Which strategies are in what agents do, and how do they go?
SELECT name, attempts, success_rate, success_low, success_high, standing
FROM success_by_strategy ORDER BY attempts DESC LIMIT 5;

-- Is advice of a strategy followed, and is it worth it?
SELECT name, advised, followed, not_followed, unknown, advised_success, followed_success,
       holdout_success, lift, lift_low, lift_high
FROM strategy_adherence WHERE advised > 0 ORDER BY advised DESC LIMIT 5;
