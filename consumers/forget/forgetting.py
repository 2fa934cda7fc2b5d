"""Forgets an attempt or a tenant: orders it, waits until nobody writes of it, deletes.

1. The order goes into the partition of the attempt's events, a tenant's into all. Streams
takes counts and label back there, leaves a tombstone, and notes the order in `forgotten`.
2. From then on archive and memory drop what is about it. What they had read before that is
in the tables once they have come to the ends that their topics have now; who is not
running reads `forgotten` first. 3. Then the rows are deleted.

A kill anywhere leaves it half-way; done again, all steps are done again.
"""

import time
from collections.abc import Callable
from typing import Final

from pilotfish.consumers.forget.consumer_progress import ConsumerProgress
from pilotfish.consumers.forget.erasing import (
    Subject,
    erase,
    found,
    noted,
    require_right_to_delete,
)
from pilotfish.runtime.archived_offsets import TABLE_OF
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.kafka import mapped_errors, producer, topics
from pilotfish.runtime.publisher import Publisher
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.consumer_groups import ARCHIVE, MEMORY
from pilotfish.schemas.errors import ConfigurationError, UnavailableError
from pilotfish.schemas.forgotten import AttemptForgotten, TenantForgotten
from pilotfish.schemas.topics import EVENTS, LABELS

Say = Callable[[str], object]

WITHIN_S: Final = 120.0
_ASK_AGAIN_S: Final = 0.2

_READ_BY: Final = {ARCHIVE: list(TABLE_OF), MEMORY: [LABELS.name]}

# With no row of it in either, nobody knows a place, and any is the right one.
_PLACE: Final = """
SELECT topic_partition FROM attempts
WHERE tenant = {tenant:String} AND attempt_id = {attempt:String} LIMIT 1
UNION ALL
SELECT topic_partition FROM events
WHERE tenant = {tenant:String} AND attempt_id = {attempt:String} LIMIT 1
"""
_OBEYED: Final = """
SELECT uniqExact(event_id) FROM forgotten
WHERE tenant = {tenant:String} AND event_id IN {orders:Array(String)}
"""


def forget(
    settings: Settings, subject: Subject, say: Say, within_s: float = WITHIN_S
) -> dict[str, int]:
    """Forget it; return how many rows were deleted, by table.

    `say` hears what is being waited for.

    Raises:
        ConfigurationError: nothing is known of it, or this user may not delete.
        UnavailableError: a service did not come to it within `within_s`; do it again.
    """
    clickhouse = ClickHouse(settings)
    require_right_to_delete(clickhouse, settings)
    _require_known(clickhouse, subject)
    with mapped_errors("forgetting"):
        orders = _order(settings, clickhouse, subject)
        say("waiting for the stream processors to take back what they made of it")
        _until(lambda: _obeyed(clickhouse, subject, orders), "streams", within_s)
        for group, read in _READ_BY.items():
            say(f"waiting for {group} to write what it had read before")
            with ConsumerProgress(settings, clickhouse, group, read) as caught_up:
                _until(caught_up.now, group, within_s)
    say("deleting rows")
    deleted = erase(clickhouse, subject)
    clickhouse.close()
    return deleted


def _require_known(clickhouse: ClickHouse, subject: Subject) -> None:
    if not (noted(clickhouse, subject) or any(found(clickhouse, subject).values())):
        raise ConfigurationError(
            f"nothing is known of {subject}: check the id, --tenant and PILOTFISH_TENANT; "
            "what was published just now takes a moment to arrive"
        )


def _order(settings: Settings, clickhouse: ClickHouse, subject: Subject) -> list[str]:
    """Give the order, wherever it is to be heard; return the ids it has."""
    tenant, attempt_id = subject
    to = Publisher(producer(settings))
    ids = []
    for partition in _partitions(settings, clickhouse, subject):
        order = (
            AttemptForgotten(tenant=tenant, attempt_id=attempt_id)
            if attempt_id
            else TenantForgotten(tenant=tenant)
        )
        to.queue(EVENTS, order, attempt_id or tenant, partition)
        ids.append(order.event_id)
    to.flush()
    return ids


def _partitions(
    settings: Settings, clickhouse: ClickHouse, subject: Subject
) -> list[int]:
    if not subject.attempt_id:
        return sorted(topics(settings)[EVENTS.name].partitions)
    asked = {"tenant": subject.tenant, "attempt": subject.attempt_id}
    places = [int(partition) for (partition,) in clickhouse.query(_PLACE, asked)]
    return places[:1] or [0]


def _obeyed(clickhouse: ClickHouse, subject: Subject, orders: list[str]) -> bool:
    asked = {"tenant": subject.tenant, "orders": orders}
    [(count,)] = clickhouse.query(_OBEYED, asked)
    return int(count) == len(orders)


def _until(done: Callable[[], bool], who: str, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not done():
        if time.monotonic() > deadline:
            raise UnavailableError(
                f"{who} did not come to it in {within_s:g} s, so nothing was deleted yet: "
                "see that it is running and has caught up, then forget again"
            )
        time.sleep(_ASK_AGAIN_S)
