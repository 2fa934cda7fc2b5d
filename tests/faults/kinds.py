"""The faults: each knows how to do its worst, once."""

import random
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from unittest.mock import patch

from faults.world import (
    SERVICES,
    Disk,
    World,
    behind_proxies,
    clickhouse_on_small_disk,
    models_on_small_disk,
    plain,
    with_clock,
)
from support.small_disk import full

Inject = Callable[[World, random.Random], None]
Prepare = Callable[[World], AbstractContextManager[World]]


@dataclass(frozen=True, slots=True)
class Fault:
    """One row of the table.

    Args:
        name: what happens.
        rounds: how often, at length.
        every_s: seconds from one round to the next; the fault comes at a random time
            in the first half, which leaves it the other one.
        inject: lets it happen once.
        prepare: makes the world in which it can happen.
    """

    name: str
    rounds: int
    every_s: float
    inject: Inject
    prepare: Prepare = plain


def _kill(*names: str) -> Inject:
    def inject(world: World, _: random.Random) -> None:
        for name in names:
            world.services[name].kill()
        for name in names:
            world.services[name].start()

    return inject


def _kill_kafka(world: World, order: random.Random) -> None:
    world.platform.kafka.kill()
    time.sleep(order.uniform(0, 2))
    world.platform.kafka.start()


def _kill_clickhouse(world: World, order: random.Random) -> None:
    world.platform.clickhouse.kill()
    time.sleep(order.uniform(0, 2))
    world.platform.clickhouse.start()


def _stop_server(world: World, order: random.Random) -> None:
    """Kafka or ClickHouse stands still for thirty seconds."""
    stopped = order.choice(
        [world.platform.kafka_stopped, world.platform.clickhouse_stopped]
    )
    with stopped():
        time.sleep(30)


def _rebalance(world: World, order: random.Random) -> None:
    """A second worker comes, works, and goes."""
    second = world.another(order.choice(["archive", "streams"]))
    second.start()
    second.until_it_works()
    time.sleep(order.uniform(0, 2))
    second.stop()


def _sleep_through_rebalance(world: World, order: random.Random) -> None:
    """A worker stops in its tracks; another takes over; it wakes up and knows nothing."""
    name = order.choice(["archive", "streams"])
    second = world.another(name)
    second.start()
    second.until_it_works()
    with world.services[name].paused():
        time.sleep(13)  # longer than its session
    time.sleep(order.uniform(0, 2))
    second.stop()


def _trouble_connections(world: World, order: random.Random) -> None:
    for trouble in order.sample(("slow", "cut", "half"), 3):
        world.connections(trouble)
        time.sleep(1.5)
    world.connections("")


def _fill_disk(which: Disk) -> Inject:
    def inject(world: World, order: random.Random) -> None:
        with full(world.disks[which]):
            time.sleep(order.uniform(4, 6))

    return inject


def _move_clocks(world: World, order: random.Random) -> None:
    """Clocks of services and agent jump; then the agent's is a day behind, or ahead."""
    hour, day = 3600, 86400
    for off in order.sample((hour, -hour, -day, day), 4):
        world.clock(off if abs(off) == hour else 0)
        with patch("pilotfish._sdk.pending_event.datetime", _Moved(off)):
            time.sleep(1.5)
    world.clock(0)


class _Moved:
    """Stands in for `datetime`, with a clock that is off by so many seconds."""

    def __init__(self, seconds_off: float) -> None:
        self._off = seconds_off

    def now(self, zone: Any) -> Any:
        return datetime.now(zone) + timedelta(seconds=self._off)


FAULTS = (
    *(Fault(f"kill -9 of {name}", 20, 6, _kill(name)) for name in SERVICES),
    Fault("kill -9 of all services at once", 10, 10, _kill(*SERVICES)),
    Fault("kill -9 of Kafka", 10, 14, _kill_kafka),
    Fault("kill -9 of ClickHouse's gateway", 10, 12, _kill_clickhouse),
    Fault("Kafka or ClickHouse stopped for 30 s", 10, 62, _stop_server),
    Fault("a second worker joins and leaves", 10, 24, _rebalance),
    Fault(
        "a worker sleeps through a rebalance",
        10,
        44,
        _sleep_through_rebalance,
    ),
    Fault(
        "slow, cut and half connections",
        10,
        12,
        _trouble_connections,
        behind_proxies,
    ),
    Fault(
        "disk full for ClickHouse",
        3,
        14,
        _fill_disk("clickhouse"),
        clickhouse_on_small_disk,
    ),
    Fault(
        "disk full for the model store",
        3,
        14,
        _fill_disk("models"),
        models_on_small_disk,
    ),
    Fault(
        "clocks jump by an hour, events off by a day",
        3,
        14,
        _move_clocks,
        with_clock,
    ),
)
