"""What sets a strategy apart within a group of problems, of equally hard ones."""

from typing import Final

import numpy as np

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.strategies.effects import Attempts, Effect, effects, foretelling

_NEWEST: Final = 2000
"""Attempts of a group that are compared: their embeddings are 3 MB."""

_ATTEMPTS: Final = """
WITH (SELECT embedder FROM memory WHERE tenant = {tenant:String} ORDER BY at DESC LIMIT 1) AS now
SELECT embedding, p_success, cityHash64(problem),
       strategy IN (SELECT strategy FROM strategies_current
                    WHERE tenant = {tenant:String} AND current = {strategy:String})
FROM memory FINAL
WHERE tenant = {tenant:String} AND p_success IS NOT NULL AND embedder = now
    AND cluster IN (SELECT cluster FROM clusters FINAL
                    WHERE tenant = {tenant:String} AND group_id = {group:String})
ORDER BY at DESC LIMIT {newest:UInt32}
"""


def adjusted(
    clickhouse: ClickHouse, tenant: str, strategy: str, group: str
) -> Effect | None:
    """Return what the strategy adds to P(success) on problems that foretell the same.

    None where there are too few attempts, or too few different problems.
    """
    keys = {"tenant": tenant, "strategy": strategy, "group": group, "newest": _NEWEST}
    rows = clickhouse.query(_ATTEMPTS, keys)
    if not rows:
        return None
    embeddings, p_success, problems, its = zip(*rows, strict=True)
    _, numbers = np.unique(np.array(problems, np.uint64), return_inverse=True)
    attempts = Attempts(
        np.array(p_success, np.float64),
        foretelling(np.array(embeddings, np.float64)),
        numbers.astype(np.int64),
    )
    return effects(attempts, {strategy: np.array(its, np.bool_)}).get(strategy)
