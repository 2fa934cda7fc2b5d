"""What must hold after any crash, replay, late or doubled event (promise 2)."""

from typing import Any

from pilotfish.runtime.clickhouse import ClickHouse

# The batch query: windows counted anew from the attempts themselves.
_DIFFERENT = """
WITH counted AS (
    SELECT window_s, window_start, problem_type, approach,
        sum(c.attempts) AS attempts, sum(c.successes) AS successes,
        sum(c.failures) AS failures, sum(c.abstentions) AS abstentions,
        sum(c.cost_nano) AS cost_nano, sum(c.duration_us) AS duration_us
    FROM window_counts_by_partition AS c FINAL
    WHERE tenant = {tenant:String}
    GROUP BY window_s, window_start, problem_type, approach
    HAVING attempts != 0 OR successes != 0 OR failures != 0 OR abstentions != 0
        OR cost_nano != 0 OR duration_us != 0
), true AS (
    SELECT toUInt32(arrayJoin([60, 3600])) AS window_s,
        toDateTime(intDiv(toUnixTimestamp(started_at), window_s) * window_s, 'UTC')
            AS window_start,
        problem_type, approach,
        toInt64(count()) AS attempts,
        toInt64(countIf(p_success >= 0.5)) AS successes,
        toInt64(countIf(p_success < 0.5)) AS failures,
        toInt64(countIf(p_success IS NULL)) AS abstentions,
        sum(toInt128(round(cost * 1e9))) AS cost_nano,
        sum(toInt128(greatest(0, toUnixTimestamp64Micro(assumeNotNull(ended_at))
            - toUnixTimestamp64Micro(started_at)))) AS duration_us
    FROM attempts_current
    WHERE tenant = {tenant:String} AND version > 0
    GROUP BY window_s, window_start, problem_type, approach
)
SELECT min(source), window_s, window_start, problem_type, approach,
    attempts, successes, failures, abstentions, cost_nano, duration_us
FROM (SELECT 'window_counts' AS source, * FROM counted
      UNION ALL SELECT 'attempts_current' AS source, * FROM true)
GROUP BY window_s, window_start, problem_type, approach,
    attempts, successes, failures, abstentions, cost_nano, duration_us
HAVING count() != 2
ORDER BY window_s, window_start, problem_type, approach
"""


def windows_differ(clickhouse: ClickHouse, tenant: str) -> list[tuple[Any, ...]]:
    """Return the counts on which `window_counts` and the attempts do not agree."""
    return clickhouse.query(_DIFFERENT, {"tenant": tenant})
