-- Strategies by what came of them, and advice of strategies by whether it was followed.

-- From the strategies that stand back to those that were merged into them, however long ago:
-- what starts at one that stands ends, even if two were merged into each other.
CREATE OR REPLACE VIEW strategies_current AS
WITH RECURSIVE chain AS
(
    SELECT tenant, strategy, strategy AS current FROM strategies FINAL WHERE standing != 'merged'
    UNION ALL
    SELECT s.tenant, s.strategy, chain.current
    FROM (SELECT tenant, strategy, merged_into FROM strategies FINAL WHERE standing = 'merged') AS s
    JOIN chain ON s.tenant = chain.tenant AND s.merged_into = chain.strategy
)
SELECT chain.tenant AS tenant, chain.strategy AS strategy, current, name, instruction, moves, standing, reason
FROM chain
JOIN (SELECT * EXCEPT (strategy), strategy AS current FROM strategies FINAL) AS s USING (tenant, current)
COMMENT 'Each strategy, and as current the one that has taken its place, with how that one stands';

-- An interval says how sure the rate is; it does not say that the strategy is the reason:
-- who chose it may have had easier problems. strategy_adherence has the effect of advice.
CREATE OR REPLACE VIEW success_by_strategy AS
WITH
    1.96 AS z,
    (k, n) -> (k + z * z / 2) / (n + z * z) AS middle,
    (k, n) -> z * sqrt(k * (1 - k / nullIf(n, 0)) + z * z / 4) / (n + z * z) AS half
SELECT
    tenant, strategy, name, standing, attempts, successes,
    round(successes / nullIf(attempts, 0), 4) AS success_rate,
    round(middle(successes, attempts) - half(successes, attempts), 4) AS success_low,
    round(middle(successes, attempts) + half(successes, attempts), 4) AS success_high
FROM
(
    SELECT
        tenant, s.current AS strategy,
        any(s.name) AS name,
        any(s.standing) AS standing,
        sum(a.labelled) AS attempts,
        sum(a.succeeded) AS successes
    FROM strategies_current AS s
    LEFT JOIN
    (
        SELECT tenant, strategy, count() AS labelled, countIf(p_success >= 0.5) AS succeeded
        FROM attempts_current
        WHERE strategy != '' AND p_success IS NOT NULL
        GROUP BY tenant, strategy
    ) AS a USING (tenant, strategy)
    GROUP BY tenant, s.current
)
COMMENT 'Success of the attempts in whose moves a strategy was found; intervals are of 95 %, by Wilson';

-- By intention to treat, as hint_lift: on either side an attempt counts by the probability
-- with which it was to get this strategy. That is 1 where it was advised; in the holdout, and
-- where the advisor abstained, it is the propensity that was logged. So both sides are about
-- the same problems. The effective number of weighted attempts is by Kish (1965).
CREATE OR REPLACE VIEW strategy_adherence AS
WITH
    1.96 AS z,
    (k, n) -> (k + z * z / 2) / (n + z * z) AS middle,
    (k, n) -> z * sqrt(k * (1 - k / n) + z * z / 4) / (n + z * z) AS half,
    (k, n) -> k / n - (middle(k, n) - half(k, n)) AS below,
    (k, n) -> middle(k, n) + half(k, n) - k / n AS above,
    pow(advised_weight, 2) / nullIf(advised_squares, 0) AS n1,
    pow(holdout_weight, 2) / nullIf(holdout_squares, 0) AS n0,
    nullIf(followed, 0) AS nf,
    advised_wins / nullIf(advised_weight, 0) AS p1,
    holdout_wins / nullIf(holdout_weight, 0) AS p0,
    followed_wins / nf AS pf
SELECT
    tenant, strategy, name, advised, followed, not_followed, unknown,
    round(advice_wins / nullIf(advised, 0), 4) AS advised_success,
    round(pf, 4) AS followed_success,
    round(not_followed_wins / nullIf(not_followed, 0), 4) AS not_followed_success,
    round(unknown_wins / nullIf(unknown, 0), 4) AS unknown_success,
    round(holdout_weight, 1) AS holdout,
    round(p0, 4) AS holdout_success,
    round(p1 - p0, 4) AS lift,
    round(p1 - p0 - sqrt(pow(below(n1 * p1, n1), 2) + pow(above(n0 * p0, n0), 2)), 4) AS lift_low,
    round(p1 - p0 + sqrt(pow(above(n1 * p1, n1), 2) + pow(below(n0 * p0, n0), 2)), 4) AS lift_high,
    round(pf - p0, 4) AS followers_lift,
    round(pf - p0 - sqrt(pow(below(nf * pf, nf), 2) + pow(above(n0 * p0, n0), 2)), 4) AS followers_lift_low,
    round(pf - p0 + sqrt(pow(above(nf * pf, nf), 2) + pow(below(n0 * p0, n0), 2)), 4) AS followers_lift_high
FROM
(
    SELECT
        tenant, c.current AS strategy,
        any(c.name) AS name,
        countIf(given) AS advised,
        countIf(given AND used = c.current) AS followed,
        countIf(given AND used NOT IN (c.current, '')) AS not_followed,
        countIf(given AND used = '') AS unknown,
        countIf(given AND won) AS advice_wins,
        countIf(given AND won AND used = c.current) AS followed_wins,
        countIf(given AND won AND used NOT IN (c.current, '')) AS not_followed_wins,
        countIf(given AND won AND used = '') AS unknown_wins,
        sumIf(weight, NOT held_back) AS advised_weight,
        sumIf(weight * weight, NOT held_back) AS advised_squares,
        sumIf(weight, NOT held_back AND won) AS advised_wins,
        sumIf(weight, held_back) AS holdout_weight,
        sumIf(weight * weight, held_back) AS holdout_squares,
        sumIf(weight, held_back AND won) AS holdout_wins
    FROM
    (
        SELECT
            a.tenant AS tenant,
            a.p_success >= 0.5 AS won,
            a.hint_holdout AS held_back,
            a.hint_approach != '' AND NOT held_back AS given,
            u.current AS used,
            arrayJoin(if(given, [(a.hint_approach::String, 1.)],
                arrayMap(c -> (c.approach, c.propensity), h.candidates))) AS candidate,
            candidate.1 AS strategy,
            candidate.2 AS weight
        FROM (SELECT * FROM attempts_current WHERE hint_request_id != '' AND p_success IS NOT NULL) AS a
        LEFT JOIN (SELECT tenant, request_id, candidates FROM hints FINAL) AS h
            ON h.tenant = a.tenant AND h.request_id = a.hint_request_id
        LEFT JOIN strategies_current AS u ON u.tenant = a.tenant AND u.strategy = a.strategy
    ) AS advice
    JOIN strategies_current AS c USING (tenant, strategy)
    GROUP BY tenant, c.current
)
COMMENT 'Of the attempts that were advised a strategy, how many followed it, and what that was worth';
