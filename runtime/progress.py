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

# An attempt with moves and without an approach counts once its strategy was found: until
# then no training can learn from it.
_NEW_LABELS = """
SELECT count() FROM attempts FINAL
WHERE tenant = {tenant:String} AND version > 0 AND p_success IS NOT NULL
  AND (tried != '' OR empty(moves))
  AND (NOT has({partitions:Array(UInt32)}, topic_partition)
       OR first_offset > {offsets:Array(UInt64)}[
           indexOf({partitions:Array(UInt32)}, topic_partition)])
"""


_ENDED = """
SELECT attempt_id, p_success IS NOT NULL FROM attempts FINAL
WHERE tenant = {tenant:String} AND ended AND status != 'abandoned'
  AND attempt_id IN {attempt_ids:Array(String)}
"""

_PUBLISHED = """
SELECT attempt_id, event_id FROM events
WHERE tenant = {tenant:String} AND attempt_id IN {attempt_ids:Array(String)}
"""

_TICK_S = 0.25
AT_ONCE = 200
"""Attempts that one query asks about: more ids would not fit into a request."""


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


def ended_attempts(
    clickhouse: ClickHouse, tenant: str, attempt_ids: Sequence[str]
) -> dict[str, bool]:
    """Return which of these attempts have ended, and whether they have a label.

    At most `AT_ONCE` of them can be asked about.
    """
    if not attempt_ids:
        return {}
    asked = {"tenant": tenant, "attempt_ids": list(attempt_ids)}
    ended = dict(clickhouse.query(_ENDED, asked))
    return {name: bool(ended[name]) for name in attempt_ids if name in ended}


def published_events(
    clickhouse: ClickHouse, tenant: str, attempt_ids: Sequence[str]
) -> set[tuple[str, str]]:
    """Return the events of these attempts that the archive has: attempt's and own id.

    At most `AT_ONCE` attempts can be asked about.
    """
    if not attempt_ids:
        return set()
    asked = {"tenant": tenant, "attempt_ids": list(attempt_ids)}
    return {(str(a), str(e)) for a, e in clickhouse.query(_PUBLISHED, asked)}


def wait_for_attempts(
    clickhouse: ClickHouse,
    tenant: str,
    attempt_ids: Sequence[str],
    within_s: float,
    on_ended: Callable[[int], object] = lambda _: None,
    tick: Callable[[float], object] = time.sleep,
) -> tuple[int, int]:
    """Wait until attempts have ended; return how many have, and are labelled.

    Args:
        clickhouse: where the attempts are.
        tenant: whose attempts they are.
        attempt_ids: any number of them.
        within_s: seconds without a change, counted by ticks, after which waiting ends.
        on_ended: called after each query with how many more have ended.
        tick: waits.
    """
    ended = labelled = 0
    waited_s = 0.0
    for begin in range(0, len(attempt_ids), AT_ONCE):
        awaited = list(attempt_ids[begin : begin + AT_ONCE])
        while awaited and waited_s < within_s:
            new = ended_attempts(clickhouse, tenant, awaited)
            awaited = [name for name in awaited if name not in new]
            ended += len(new)
            labelled += sum(new.values())
            on_ended(len(new))
            waited_s = 0.0 if new else waited_s + _TICK_S
            if awaited:
                tick(_TICK_S)
    return ended, labelled


def _watermark(clickhouse: ClickHouse, tenant: str) -> dict[int, int]:
    for (watermark,) in clickhouse.query(_WATERMARK, {"tenant": tenant}):
        return {int(part): int(offset) for part, offset in watermark.items()}
    return {}
