"""Forgets an attempt or a tenant: publish the order, wait for the services, delete.

1. The order goes into the partition of the attempt's events, a tenant's order into every
partition. Streams withdraws counts and label, leaves a tombstone, and records the order in
`forgotten`. 2. From then on archive and memory drop messages about it. Messages that they
had read before are in the tables once the services reach the present ends of their topics;
a service that is not running reads `forgotten` at its start. 3. The rows are deleted.

After an interruption, running it again repeats all steps.
"""

import time
from collections.abc import Callable
from typing import Final

from pilotfish.consumers.forget.consumer_progress import ConsumerProgress
from pilotfish.consumers.forget.erasing import (
    Subject,
    already_forgotten,
    erase,
    require_delete_permission,
    row_counts,
)
from pilotfish.runtime.archived_offsets import TABLE_OF
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.kafka import producer, topics
from pilotfish.runtime.kafka_errors import mapped_errors
from pilotfish.runtime.publisher import Publisher
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.consumer_groups import ARCHIVE, MEMORY
from pilotfish.schemas.errors import ConfigurationError, UnavailableError
from pilotfish.schemas.forgotten import AttemptForgotten, TenantForgotten
from pilotfish.schemas.topics import EVENTS, LABELS

Say = Callable[[str], object]

WITHIN_S: Final = 120.0
_POLL_S: Final = 0.2

_READ_BY: Final = {ARCHIVE: list(TABLE_OF), MEMORY: [LABELS.name]}

# Without a row in either table, no service has a state of it, and any partition will do.
_PARTITION: Final = """
SELECT topic_partition FROM attempts
WHERE tenant = {tenant:String} AND attempt_id = {attempt:String} LIMIT 1
UNION ALL
SELECT topic_partition FROM events
WHERE tenant = {tenant:String} AND attempt_id = {attempt:String} LIMIT 1
"""
_CARRIED_OUT: Final = """
SELECT uniqExact(event_id) FROM forgotten
WHERE tenant = {tenant:String} AND event_id IN {orders:Array(String)}
"""


def forget(
    settings: Settings, subject: Subject, say: Say, within_s: float = WITHIN_S
) -> dict[str, int]:
    """Forget the subject; return the number of deleted rows by table.

    `say` is called with a message before each step that may take long.

    Raises:
        ConfigurationError: no data about the subject, or this user may not delete.
        UnavailableError: a service did not catch up within `within_s`; forget again.
    """
    clickhouse = ClickHouse(settings)
    require_delete_permission(clickhouse, settings.clickhouse_user)
    _require_data(clickhouse, subject)
    with mapped_errors("forgetting"):
        orders = _publish_orders(settings, clickhouse, subject)
        say("waiting for the stream processors to withdraw counts and labels")
        _until(lambda: _carried_out(clickhouse, subject, orders), "streams", within_s)
        for group, read in _READ_BY.items():
            say(f"waiting for {group} to write what it had read before")
            with ConsumerProgress(settings, clickhouse, group, read) as progress:
                _until(progress.now, group, within_s)
    say("deleting rows")
    deleted = erase(clickhouse, subject)
    clickhouse.close()
    return deleted


def _require_data(clickhouse: ClickHouse, subject: Subject) -> None:
    if already_forgotten(clickhouse, subject):
        return
    if not any(row_counts(clickhouse, subject).values()):
        raise ConfigurationError(
            f"there is no data about {subject}: check the id, --tenant and "
            "PILOTFISH_TENANT; events published just now take a moment to arrive"
        )


def _publish_orders(
    settings: Settings, clickhouse: ClickHouse, subject: Subject
) -> list[str]:
    """Publish the order to each partition concerned; return the ids of the orders."""
    tenant, attempt_id = subject
    publisher = Publisher(producer(settings))
    ids = []
    for partition in _partitions(settings, clickhouse, subject):
        order = (
            AttemptForgotten(tenant=tenant, attempt_id=attempt_id)
            if attempt_id
            else TenantForgotten(tenant=tenant)
        )
        publisher.queue(EVENTS, order, attempt_id or tenant, partition)
        ids.append(order.event_id)
    publisher.flush()
    return ids


def _partitions(
    settings: Settings, clickhouse: ClickHouse, subject: Subject
) -> list[int]:
    if not subject.attempt_id:
        return sorted(topics(settings)[EVENTS.name].partitions)
    params = {"tenant": subject.tenant, "attempt": subject.attempt_id}
    partitions = [int(number) for (number,) in clickhouse.query(_PARTITION, params)]
    return partitions[:1] or [0]


def _carried_out(clickhouse: ClickHouse, subject: Subject, orders: list[str]) -> bool:
    params = {"tenant": subject.tenant, "orders": orders}
    [(count,)] = clickhouse.query(_CARRIED_OUT, params)
    return int(count) == len(orders)


def _until(done: Callable[[], bool], service: str, within_s: float) -> None:
    deadline = time.monotonic() + within_s
    while not done():
        if time.monotonic() > deadline:
            raise UnavailableError(
                f"{service} did not catch up within {within_s:g} s, so nothing was deleted: "
                "check that it is running and has no lag, then forget again"
            )
        time.sleep(_POLL_S)
