"""Whether advising a strategy helps: attempts that were advised it, against the holdout.

The view `strategy_adherence` compares them on the same problems: a strategy is advised where
it seems good, so a held-out attempt counts as much as the advisor would have drawn the
strategy for it (weighting for the effect on the treated: Hirano and Imbens, 2001).
"""

from typing import Final, NamedTuple

from pilotfish.runtime.clickhouse import ClickHouse

ENOUGH_ADVISED: Final = 100
ENOUGH_HELD_OUT: Final = 30.0
NO_GAIN: Final = 0.02
"""Gain in P(success) below which advice is not worth giving, as in `advisors/policy.py`."""

_EFFECTS: Final = """
SELECT strategy, advised, advised_success, holdout, holdout_success, lift_low, lift_high
FROM strategy_adherence
WHERE tenant = {tenant:String} AND advised > 0 AND holdout > 0
"""


class Effect(NamedTuple):
    """What advising a strategy changed; `low` and `high` are the 95 % interval of it.

    `held_out` is the sum of the weights of held-out attempts.
    """

    advised: int
    advised_success: float
    held_out: float
    held_out_success: float
    low: float
    high: float

    @property
    def is_no_gain(self) -> bool:
        """Whether it was advised long enough to see that it does not help."""
        enough = self.advised >= ENOUGH_ADVISED and self.held_out >= ENOUGH_HELD_OUT
        return enough and self.high < NO_GAIN

    def __str__(self) -> str:
        return (
            f"advised in {self.advised} attempts, of which {self.advised_success:.0%} "
            f"succeeded, against {self.held_out_success:.0%} of such attempts without "
            f"advice ({self.low:+.0%} to {self.high:+.0%})"
        )


def effects(clickhouse: ClickHouse, tenant: str) -> dict[str, Effect]:
    """Return the effect of each strategy that was advised, by its id; raises as `query`."""
    rows = clickhouse.query(_EFFECTS, {"tenant": tenant})
    return {str(strategy): Effect(*figures) for strategy, *figures in rows}
