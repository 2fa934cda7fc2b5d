"""The loop over a log in memory, with handlers that do what the test says."""

import threading
from collections.abc import Sequence
from typing import Any

import pytest
from structlog.testing import capture_logs

from pilotfish.runtime.broker import Ends, PartitionOffsets
from pilotfish.runtime.dead_letters import DeadLetters
from pilotfish.runtime.memory_broker import MemoryBroker, MemoryLog, MemoryProducer
from pilotfish.runtime.service import loop as loop_module
from pilotfish.runtime.service.handler import Batch, BusyError, TakenOverError
from pilotfish.runtime.service.loop import ConsumerLoop, ConsumerSpec
from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.schemas.codec import encode, headers_of
from pilotfish.schemas.errors import UnavailableError
from pilotfish.schemas.events import FeedbackGiven
from pilotfish.schemas.keys import Place
from pilotfish.schemas.topics import DEAD, EVENTS

FIRST, SECOND = (EVENTS.name, 0), (EVENTS.name, 1)


class Recorder:
    """A handler that keeps what it is given, or refuses it as the test says."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.starts: dict[Place, int] = {}
        self.refusals: list[Exception] = []
        self.idle_ends: dict[Place, int] = {}
        self.close_ends: dict[Place, int] = {}
        self.lost: list[Place] = []
        self.offered = 0

    def assigned(self, partitions: Sequence[PartitionOffsets]) -> Ends:
        return self.starts

    def handle(self, batch: Batch) -> Ends:
        self.offered += 1
        if self.refusals:
            raise self.refusals.pop(0)
        self.batches.append(batch)
        return batch.ends

    def idle(self) -> Ends:
        return self.idle_ends

    def revoked(self, places: Sequence[Place]) -> Ends:
        self.lost += places
        return {}

    def close(self) -> Ends:
        return self.close_ends

    @property
    def ids(self) -> list[str]:
        """The ids of the events handled so far."""
        return [
            received.message.event_id
            for batch in self.batches
            for received in batch.messages
            if isinstance(received.message, FeedbackGiven)
        ]


class World:
    """A log, a handler, and a loop between them."""

    def __init__(self, *, sets_aside: bool = True, topics: Any = (EVENTS,)) -> None:
        self.log = MemoryLog()
        self.handler = Recorder()
        self.status = ServiceStatus()
        self.broker = MemoryBroker(self.log, "group")
        producer: Any = MemoryProducer(self.log)
        dead = DeadLetters(producer, "test") if sets_aside else None
        reads = ConsumerSpec("test", topics, most=1000, collect_s=0.0, close_s=1.0)
        self.loop = ConsumerLoop(self.broker, reads, self.handler, self.status, dead)

    def publish(self, *ids: str, partition: int = 0) -> None:
        for event_id in ids:
            event = FeedbackGiven(event_id=event_id, attempt_id="a", value=1)
            head = headers_of(event)
            self.log.append(EVENTS.name, partition, "a", encode(event), head)

    def publish_bad(self, topic: str = EVENTS.name, partition: int = 0) -> None:
        self.log.append(topic, partition, "k", b"\xff", [("schema", "FeedbackGiven")])

    def committed(self) -> dict[Place, int]:
        return {place: at for (_, place), at in self.log.committed.items()}


@pytest.fixture
def world() -> World:
    return World()


def test_messages_reach_the_handler_and_what_it_processed_is_committed(
    world: World,
) -> None:
    world.publish("a", "b")
    world.publish("c", partition=1)
    world.loop.step()
    assert world.handler.ids == ["a", "b", "c"]
    [batch] = world.handler.batches
    places = [(r.topic, r.partition, r.offset) for r in batch.messages]
    assert places == [(EVENTS, 0, 0), (EVENTS, 0, 1), (EVENTS, 1, 0)]
    assert batch.ends == {FIRST: 2, SECOND: 1} == world.committed()
    assert world.status.positions() == {FIRST: 2, SECOND: 1}


def test_only_what_the_handler_says_is_committed(world: World) -> None:
    world.publish("a", "b")
    world.handler.refusals = [BusyError()]
    world.loop.step()
    assert world.committed() == {}
    world.handler.idle_ends = {FIRST: 1}
    world.handler.refusals = [BusyError()]
    world.loop.step()
    assert world.committed() == {FIRST: 1}


def test_the_handler_chooses_where_to_begin_and_else_the_group_does(
    world: World,
) -> None:
    world.publish("a", "b", "c")
    world.publish("x", "y", partition=1)
    world.log.committed["group", SECOND] = 1
    world.handler.starts = {FIRST: 2}
    world.loop.step()
    assert world.handler.ids == ["c", "y"]
    assert world.status.joined


def test_a_busy_handler_is_offered_the_same_batch_again(world: World) -> None:
    world.publish("a")
    world.handler.refusals = [BusyError(), BusyError()]
    world.loop.step()
    world.publish("b")
    world.loop.step()
    assert (world.handler.offered, world.handler.ids) == (2, [])
    world.loop.step()
    assert world.handler.ids == ["a"]
    world.loop.step()
    assert world.handler.ids == ["a", "b"]


def test_a_batch_that_waits_while_partitions_go_is_read_again(world: World) -> None:
    world.publish("a")
    world.handler.refusals = [BusyError()]
    world.loop.step()
    world.broker.rebalance()
    for _ in range(3):
        world.loop.step()
    assert world.handler.lost == [FIRST, SECOND]
    assert world.handler.ids == ["a"]


def test_it_is_read_again_too_where_partitions_go_one_after_the_other(
    world: World,
) -> None:
    world.publish("a")
    world.handler.refusals = [BusyError()]
    world.loop.step()
    world.loop.revoked([SECOND])
    world.loop.revoked([])
    world.loop.step()
    assert world.handler.ids == ["a"]


@pytest.mark.parametrize("when", ["handle", "idle"])
def test_where_another_took_over_it_reads_on_where_the_handler_says(
    world: World, when: str
) -> None:
    world.publish("a", "b", "c")
    if when == "handle":
        world.handler.refusals = [TakenOverError()]
        world.loop.step()
        assert world.committed() == {}
    else:
        world.loop.step()
        world.handler.idle = _take_over  # type: ignore[method-assign]
        world.loop.step()
        del world.handler.idle
    world.handler.batches.clear()
    world.handler.starts = {FIRST: 2}
    world.broker.rewind()
    world.loop.step()
    assert world.handler.ids == ["c"]


def _take_over() -> Ends:
    raise TakenOverError


def test_what_cannot_be_read_is_set_aside_before_the_rest_is_handled(
    world: World,
) -> None:
    world.publish("a")
    world.publish_bad()
    world.publish("b")
    letters_then: list[int] = []
    handle = world.handler.handle

    def look_then_handle(batch: Batch) -> Ends:
        letters_then.append(len(world.log.of(DEAD.name)))
        return handle(batch)

    world.handler.handle = look_then_handle  # type: ignore[method-assign]
    world.loop.step()
    assert letters_then == [1]
    assert world.handler.ids == ["a", "b"]
    assert world.committed() == {FIRST: 3}
    assert world.handler.batches[0].records == 3


def test_where_nothing_else_came_the_unreadable_is_committed_too(world: World) -> None:
    world.publish_bad()
    world.loop.step()
    assert world.committed() == {FIRST: 1}
    assert len(world.log.of(DEAD.name)) == 1


def test_without_dead_letters_the_unreadable_is_logged() -> None:
    world = World(sets_aside=False)
    world.publish_bad()
    world.publish("a")
    with capture_logs() as logs:
        world.loop.step()
    [line] = [line for line in logs if line["event"] == "unreadable"]
    assert (line["service"], line["offset"]) == ("test", 0)
    assert world.handler.ids == ["a"]
    assert world.log.of(DEAD.name) == []


def test_an_unreadable_dead_letter_makes_no_other() -> None:
    world = World(topics=(EVENTS, DEAD))
    world.publish_bad(DEAD.name)
    world.loop.step()
    assert len(world.log.of(DEAD.name)) == 1
    assert world.committed() == {(DEAD.name, 0): 1}


def test_a_batch_is_bounded_in_bytes_as_well(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop_module, "_MAX_BYTES", 20_000)
    world.publish(*(str(number) for number in range(1500)))
    for _ in range(3):
        world.loop.step()
    sizes = [batch.records for batch in world.handler.batches]
    assert sizes[0] == 1000 and all(100 <= size < 200 for size in sizes[1:])
    assert len(set(world.handler.ids)) == sum(sizes)


def test_at_the_end_what_is_processed_by_then_is_committed(world: World) -> None:
    world.publish("a")
    world.handler.close_ends = {FIRST: 1}
    with world.loop:
        pass
    assert world.committed() == {FIRST: 1}


def test_it_steps_until_told_to_stop(world: World) -> None:
    stop = threading.Event()
    idle = world.handler.idle

    def count() -> Ends:
        if len(world.handler.batches) == 2:
            stop.set()
        else:
            world.publish("more")
        return idle()

    world.handler.idle = count  # type: ignore[method-assign]
    world.publish("a")
    world.loop.run(stop)
    assert world.handler.ids == ["a", "more"]


def test_what_a_handler_raises_ends_the_loop(world: World) -> None:
    world.publish("a")
    world.handler.refusals = [UnavailableError("ClickHouse is away")]
    with pytest.raises(UnavailableError, match="is away"):
        world.loop.run(threading.Event())
    assert world.committed() == {}
