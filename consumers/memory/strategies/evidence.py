"""Whether advising a strategy helps: attempts that were advised it, against the holdout.

A strategy is advised where it seems good, so its attempts are not those of the whole
holdout. A held-out attempt counts for a strategy as much as the advisor would have drawn
it, which its hint has logged; so both sides are the same problems (weighting for the effect
on the treated: Hirano and Imbens, 2001). By intention to treat: whether the advice was
followed does not matter.
"""

from collections.abc import Mapping
from math import sqrt
from typing import Final, NamedTuple

from pilotfish.runtime.clickhouse import ClickHouse

ENOUGH_ADVISED: Final = 100
ENOUGH_HELD_OUT: Final = 30.0
"""Held-out attempts, as many as have the weights' precision (Kish, 1965)."""
NO_GAIN: Final = 0.02
"""Gain in P(success) below which advice is not worth giving, as in `advisors/policy.py`."""

_Z: Final = 1.96

_ADVISED: Final = """
SELECT hint_approach, count(), avg(p_success), varPop(p_success) FROM attempts_current
WHERE tenant = {tenant:String} AND p_success IS NOT NULL AND hint_approach != ''
    AND NOT hint_holdout
GROUP BY hint_approach
"""
_HELD_OUT: Final = """
SELECT strategy, pow(sum(w), 2) / sum(w * w), sum(w * p) / sum(w) AS mean,
    greatest(sum(w * p * p) / sum(w) - mean * mean, 0)
FROM (
    SELECT attempt_id, c.1 AS strategy, c.3 AS w
    FROM (
        SELECT attempt_id, candidates FROM hints
        WHERE tenant = {tenant:String} AND holdout LIMIT 1 BY request_id
    )
    ARRAY JOIN candidates AS c
) AS h
INNER JOIN (
    SELECT attempt_id, assumeNotNull(p_success) AS p FROM attempts_current
    WHERE tenant = {tenant:String} AND hint_holdout AND p_success IS NOT NULL
) AS a USING attempt_id
GROUP BY strategy HAVING sum(w) > 0
"""


class Side(NamedTuple):
    """Attempts, perhaps weighted: their number, and mean and variance of P(success)."""

    attempts: float
    mean: float
    variance: float


class Effect(NamedTuple):
    """What advising a strategy changes in P(success), with its 95 % interval."""

    advised: Side
    held_out: Side

    @property
    def lift(self) -> float:
        return self.advised.mean - self.held_out.mean

    @property
    def interval(self) -> tuple[float, float]:
        half = _Z * sqrt(sum(side.variance / side.attempts for side in self))
        return self.lift - half, self.lift + half

    @property
    def is_no_gain(self) -> bool:
        """Whether it was advised long enough to see that it does not help."""
        enough = (
            self.advised.attempts >= ENOUGH_ADVISED
            and self.held_out.attempts >= ENOUGH_HELD_OUT
        )
        return enough and self.interval[1] < NO_GAIN

    def __str__(self) -> str:
        low, high = self.interval
        return (
            f"advised in {self.advised.attempts:.0f} attempts, of which "
            f"{self.advised.mean:.0%} succeeded, against {self.held_out.mean:.0%} of such "
            f"attempts without advice ({low:+.0%} to {high:+.0%})"
        )


def effects(clickhouse: ClickHouse, tenant: str) -> Mapping[str, Effect]:
    """Return the effect of whatever was advised, by its name; raises as `query`."""
    advised, held_out = (
        {row[0]: Side(*map(float, row[1:])) for row in clickhouse.query(sql, params)}
        for sql, params in (
            (_ADVISED, {"tenant": tenant}),
            (_HELD_OUT, {"tenant": tenant}),
        )
    )
    return {
        str(name): Effect(advised[name], held_out[name])
        for name in advised.keys() & held_out.keys()
    }
