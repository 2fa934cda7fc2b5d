"""How far a tenant is from its next training: counted by ClickHouse, so always exact."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pilotfish.runtime.clickhouse import ClickHouse

_WATERMARK = """
SELECT watermark FROM trainings FINAL
WHERE tenant = {tenant:String} AND status = 'finished'
ORDER BY finished_at DESC, training_id DESC LIMIT 1
"""

_NEW_LABELS = """
SELECT count() FROM attempts FINAL
WHERE tenant = {tenant:String} AND version > 0 AND p_success IS NOT NULL
  AND (NOT has({partitions:Array(UInt32)}, topic_partition)
       OR first_offset > {offsets:Array(UInt64)}[
           indexOf({partitions:Array(UInt32)}, topic_partition)])
"""


# By range, not by list: ids made by the SDK sort by time, and ten thousand of them would
# not fit into a request.
_LABELLED = """
SELECT DISTINCT attempt_id FROM attempts
WHERE tenant = {tenant:String} AND version > 0
  AND attempt_id BETWEEN {first:String} AND {last:String}
"""

_TICK_S = 0.25


@dataclass(frozen=True, slots=True)
class Progress:
    """What a tenant's advisor has not learned from yet.

    `new_labels` counts labelled attempts, abstentions left out, behind `watermark`:
    Kafka partition -> highest first_offset in the dataset of the newest finished
    training, promoted or refused. It is empty before the first.
    """

    tenant: str
    new_labels: int = 0
    watermark: Mapping[int, int] = field(default_factory=dict)


def progress(clickhouse: ClickHouse, tenant: str) -> Progress:
    """Return where the tenant is; raises as `ClickHouse.query`."""
    watermark = _watermark(clickhouse, tenant)
    parameters = {
        "tenant": tenant,
        "partitions": list(watermark),
        "offsets": list(watermark.values()),
    }
    [(count,)] = clickhouse.query(_NEW_LABELS, parameters)
    return Progress(tenant, int(count), watermark)


def new_labels(clickhouse: ClickHouse, tenant: str) -> int:
    """Return how many labelled attempts are new to the tenant's next training."""
    return progress(clickhouse, tenant).new_labels


def tenants(clickhouse: ClickHouse) -> list[str]:
    """Return every tenant that has attempts."""
    rows = clickhouse.query("SELECT DISTINCT tenant FROM attempts ORDER BY tenant")
    return [str(tenant) for (tenant,) in rows]


def wait_for_labels(
    clickhouse: ClickHouse,
    tenant: str,
    attempt_ids: Sequence[str],
    within_s: float,
    tick: Callable[[float], object] = time.sleep,
) -> int:
    """Wait until all these attempts are labelled; return how many of them are.

    Returns early when all are, and after `within_s` seconds (counted by ticks).
    """
    awaited = set(attempt_ids)
    if not awaited:
        return 0
    between = {"tenant": tenant, "first": min(awaited), "last": max(awaited)}
    waited_s = 0.0
    while True:
        rows = clickhouse.query(_LABELLED, between)
        labelled = len(awaited & {attempt_id for (attempt_id,) in rows})
        if labelled == len(awaited) or waited_s >= within_s:
            return labelled
        tick(_TICK_S)
        waited_s += _TICK_S


def _watermark(clickhouse: ClickHouse, tenant: str) -> dict[int, int]:
    for (watermark,) in clickhouse.query(_WATERMARK, {"tenant": tenant}):
        return {int(part): int(offset) for part, offset in watermark.items()}
    return {}
