"""The consumer of traces over a Kafka in memory, and once, to be killed, over the real one."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import pytest
from confluent_kafka import Producer
from faults.processes import Service
from faults.topics import messages
from support.agent_runs import agent_run, export, span
from support.otlp_logs import evaluation, log_request
from support.polling import eventually

from pilotfish.consumers.traces.handler import GROUP, SPEC, TracesHandler
from pilotfish.consumers.traces.open_traces import OpenTraces
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.dead_letters import DeadLetters
from pilotfish.runtime.kafka import producer
from pilotfish.runtime.memory_broker import MemoryBroker, MemoryLog, MemoryProducer
from pilotfish.runtime.publisher import Publisher
from pilotfish.runtime.service.loop import ConsumerLoop
from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.codec import decode, encode, headers_of
from pilotfish.schemas.dead import DeadLetter
from pilotfish.schemas.events import (
    AttemptEnded,
    AttemptStarted,
    SignalRecorded,
    StepRecorded,
)
from pilotfish.schemas.ids import new_id
from pilotfish.schemas.topics import (
    COLLECTOR_LOGS,
    COLLECTOR_TRACES,
    DEAD,
    EVENTS,
    TRACES,
    Topic,
)
from pilotfish.schemas.traces import LogExport, TraceExport
from pilotfish.traces.log_records import evaluations_in

QUIET_S = 60.0
ATTEMPT_OF_ONE_TOOL = [
    "AttemptStarted",
    "StepRecorded",
    "StepRecorded",
    "StepRecorded",
    "AttemptEnded",
]


def new_trace() -> int:
    return int(new_id().replace("-", ""), 16)


class World:
    """A Kafka in memory with one consumer, which may be killed; ClickHouse is real."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.log = MemoryLog()
        self.now = 0.0
        self.start()

    def start(self) -> None:
        """Start a consumer; what an earlier one had in its memory is lost."""
        to = cast("Producer", MemoryProducer(self.log))
        dead = DeadLetters(to, "traces")
        handler = TracesHandler(
            ClickHouse(self.settings),
            Publisher(to),
            dead,
            OpenTraces(QUIET_S, lambda: self.now),
            self.settings.tenant,
        )
        broker = MemoryBroker(self.log, GROUP, at_once=2)
        self.loop = ConsumerLoop(broker, SPEC, handler, ServiceStatus(), dead)

    def send(
        self,
        message: TraceExport | LogExport,
        topic: Topic = TRACES,
        partition: int = 0,
    ) -> None:
        headers = headers_of(message) if topic is TRACES else []
        self.log.append(topic.name, partition, "", encode(message), headers)

    def spans(self, *spans: Any, partition: int = 0) -> None:
        self.send(export(self.settings.tenant, spans), partition=partition)

    def read(self, steps: int = 3) -> None:
        for _ in range(steps):
            self.loop.step()

    def published(self, topic: Topic = EVENTS) -> list[Any]:
        records = self.log.of(topic.name)
        return [decode(topic, r.value(), cast("Any", r.headers())) for r in records]

    def events(self, trace: int) -> list[Any]:
        """Return the events of a trace's attempt, each id once."""
        events = [e for e in self.published() if e.attempt_id == f"{trace:032x}"]
        return list({event.event_id: event for event in events}.values())

    def rows(self) -> list[tuple[Any, ...]]:
        return ClickHouse(self.settings).query(
            "SELECT name, JSONExtractString(attributes, 'tool.name') FROM spans FINAL "
            "WHERE tenant = {tenant:String} ORDER BY trace_id, span_id",
            {"tenant": self.settings.tenant},
        )


@pytest.fixture
def world(settings: Settings) -> World:
    return World(settings)


def kinds(events: Sequence[Any]) -> list[str]:
    return [type(event).__name__ for event in events]


def test_a_trace_becomes_an_attempt_when_its_root_has_come(world: World) -> None:
    trace = new_trace()
    tool, root = agent_run(trace, "where is it?")
    world.spans(tool)
    world.read()
    assert world.events(trace) == []
    world.spans(root)
    world.read()
    start, *_, end = world.events(trace)
    assert isinstance(start, AttemptStarted) and start.problem == "where is it?"
    assert isinstance(end, AttemptEnded) and end.status == "unknown"
    assert kinds(world.events(trace)) == ATTEMPT_OF_ONE_TOOL
    assert world.rows() == [("span 1", ""), ("span 2", "search")]


def test_a_late_span_is_added_and_a_copy_changes_nothing(world: World) -> None:
    trace = new_trace()
    tool, root = agent_run(trace, "p")
    world.spans(root)
    world.read()
    before = world.events(trace)
    assert kinds(before) == ["AttemptStarted", "StepRecorded", "AttemptEnded"]
    world.spans(tool)
    world.read()
    after = {event.event_id for event in world.events(trace)}
    assert after > {event.event_id for event in before}
    world.spans(root, tool, tool)
    world.read()
    assert {event.event_id for event in world.events(trace)} == after
    assert len(world.rows()) == 2


def test_a_trace_without_its_root_is_closed_as_abandoned(world: World) -> None:
    trace = new_trace()
    tool, root = agent_run(trace, "p")
    world.spans(tool)
    world.read()
    world.now = QUIET_S
    world.read(1)
    assert world.events(trace)[-1].status == "abandoned"
    world.spans(root)
    world.read()
    assert world.events(trace)[-1].status == "unknown"


def test_a_root_below_a_span_of_another_process_is_a_root(world: World) -> None:
    trace = new_trace()
    tool, root = agent_run(trace, "p")
    root.parent_span_id, root.flags = b"elsewher", 0x300
    world.spans(root)
    world.read()
    world.spans(tool)
    world.read()
    assert sorted(kinds(world.events(trace))) == sorted(ATTEMPT_OF_ONE_TOOL)


def test_what_a_collector_publishes_is_of_the_services_own_tenant(world: World) -> None:
    trace = new_trace()
    world.send(export("ignored", agent_run(trace, "p")), COLLECTOR_TRACES)
    world.read()
    assert {event.tenant for event in world.events(trace)} == {world.settings.tenant}


def judged(world: World, trace: int, topic: Topic) -> None:
    """Send an evaluation of a trace's first span as a log record, twice."""
    body = log_request(evaluation(trace.to_bytes(16), (1).to_bytes(8), 0.25))
    tenant = world.settings.tenant
    for _ in range(2):
        if topic is COLLECTOR_LOGS:
            world.send(LogExport(body=body), topic)
        else:
            world.send(
                TraceExport(body=evaluations_in(body, "protobuf").body, tenant=tenant)
            )


@pytest.mark.parametrize(
    "topic", [TRACES, COLLECTOR_LOGS], ids=lambda topic: topic.name
)
@pytest.mark.parametrize("late", [False, True])
def test_an_evaluation_in_logs_is_a_signal_whenever_it_comes(
    world: World, topic: Topic, late: bool
) -> None:
    trace = new_trace()
    sends = [
        lambda: judged(world, trace, topic),
        lambda: world.spans(*agent_run(trace, "p")),
    ]
    for send in reversed(sends) if late else sends:
        send()
        world.read()
    events = world.events(trace)
    (signal,) = [event for event in events if isinstance(event, SignalRecorded)]
    assert (signal.kind, signal.value) == ("judge", 0.25)
    assert sorted(kinds(events)) == sorted([*ATTEMPT_OF_ONE_TOOL, "SignalRecorded"])


def answering(trace: int, response: str) -> list[Any]:
    """Return a run with a model call whose provider named its response."""
    told = {"gen_ai__operation__name": "chat", "gen_ai__response__id": response}
    return [span(trace, 3, 1, **told), *agent_run(trace, "p")]


def judge_response(
    world: World, response: str, trace: bytes = b"", partition: int = 0
) -> None:
    """Send an evaluation that names a response, twice."""
    body = log_request(evaluation(trace, score=0.25, response=response))
    for _ in range(2):
        spans = evaluations_in(body, "protobuf").body
        message = TraceExport(body=spans, tenant=world.settings.tenant)
        world.send(message, partition=partition)


def signals(world: World, trace: int) -> list[Any]:
    return [e.value for e in world.events(trace) if isinstance(e, SignalRecorded)]


@pytest.mark.parametrize("judge", [b"", b"a judge's trace."], ids=["", "of a judge"])
@pytest.mark.parametrize("late", [False, True])
def test_an_evaluation_finds_its_attempt_by_the_response(
    world: World, late: bool, judge: bytes
) -> None:
    trace, other, response = new_trace(), new_trace(), new_id()
    sends = [
        lambda: judge_response(world, response, judge),
        lambda: world.spans(*answering(trace, response), *answering(other, "another")),
    ]
    for send in reversed(sends) if late else sends:
        send()
        world.read()
    assert (signals(world, trace), signals(world, other)) == ([0.25], [])


def test_a_response_of_another_tenant_is_not_judged(world: World) -> None:
    trace, response = new_trace(), new_id()
    world.spans(*answering(trace, response))
    body = evaluations_in(
        log_request(evaluation(b"", response=response)), "protobuf"
    ).body
    world.send(TraceExport(body=body, tenant=f"{world.settings.tenant}-b"))
    world.read()
    assert signals(world, trace) == []


def test_an_evaluation_of_an_unknown_response_holds_nothing_up(world: World) -> None:
    judge_response(world, new_id())
    world.read()
    world.start()
    world.read()
    assert world.log.committed[GROUP, (TRACES.name, 0)] == 2


def test_a_response_in_a_trace_without_its_root_is_judged_when_that_is_quiet(
    world: World,
) -> None:
    trace, response = new_trace(), new_id()
    world.spans(*answering(trace, response)[:-1])
    world.read()
    world.now = QUIET_S
    world.read(1)
    judge_response(world, response, partition=1)
    world.read()
    assert signals(world, trace) == []
    world.start()  # killed: it reads again
    world.read()
    world.now = 2 * QUIET_S
    world.read(1)
    assert signals(world, trace) == [0.25]


def test_what_cannot_be_read_is_set_aside(world: World) -> None:
    trace, tenant = new_trace(), world.settings.tenant
    world.send(TraceExport(tenant=tenant, body=b"\xff\xff", encoding="json"))
    world.spans(span(0, 3), *agent_run(trace, "p"))
    world.read()
    assert kinds(world.events(trace)) == ATTEMPT_OF_ONE_TOOL
    [letter] = world.published(DEAD)
    assert isinstance(letter, DeadLetter) and letter.value == b"\xff\xff"
    assert (letter.service, letter.topic, letter.tenant) == (
        "traces",
        TRACES.name,
        tenant,
    )
    assert "JSON" in letter.reason


def test_spans_of_a_forgotten_attempt_are_dropped(world: World) -> None:
    trace, tenant = new_trace(), world.settings.tenant
    columns = ["tenant", "attempt_id", "event_id", "topic_partition", "topic_offset"]
    forgotten = [tenant, f"{trace:032x}", "e", 0, 0]
    ClickHouse(world.settings).insert("forgotten", columns, [forgotten])
    world.spans(*agent_run(trace, "p"))
    world.read()
    assert world.rows() == [] and world.events(trace) == []


@pytest.mark.parametrize("seed", range(5))
def test_killed_between_any_two_steps_nothing_is_lost(world: World, seed: int) -> None:
    """Late, doubled and shuffled spans in two partitions, with kills in between."""
    drawn = random.Random(seed)
    traces = [new_trace() for _ in range(6)]
    exports = [one for t in traces for one in agent_run(t, f"p {t}")]
    exports += drawn.choices(exports, k=4)
    drawn.shuffle(exports)
    for one in exports:
        world.spans(one, partition=drawn.randrange(2))
        if drawn.random() < 0.5:
            world.read(1)
        if drawn.random() < 0.3:
            world.start()
    world.read(12)
    for trace in traces:
        assert sorted(kinds(world.events(trace))) == sorted(ATTEMPT_OF_ONE_TOOL)
    assert len(world.rows()) == 12


@pytest.mark.slow
def test_a_killed_process_loses_and_doubles_nothing(
    settings: Settings, tmp_path: Path
) -> None:
    traces = [new_trace() for _ in range(20)]
    runs = [agent_run(trace, f"p {trace}") for trace in traces]
    publisher = Publisher(producer(settings))
    service = Service("traces", settings, tmp_path)
    service.start()
    for half in (0, 1):
        for spans in runs:
            publisher.queue(TRACES, export(settings.tenant, [spans[half]]), new_id())
        publisher.flush()
        eventually(lambda half=half: _rows(settings) > 20 * half, every_s=0.5)
        service.kill()
        service.start()
    eventually(lambda: len(_ended(settings)) == 20, every_s=1.0)
    assert service.stop() == 0
    assert _ended(settings) == {f"{trace:032x}" for trace in traces}
    assert _rows(settings) == 40


def _rows(settings: Settings) -> int:
    [(count,)] = ClickHouse(settings).query(
        "SELECT count() FROM spans FINAL WHERE tenant = {tenant:String}",
        {"tenant": settings.tenant},
    )
    return int(count)


def _ended(settings: Settings) -> set[str]:
    events = [event for _, event in messages(settings, EVENTS)]
    steps = {e.attempt_id for e in events if isinstance(e, StepRecorded)}
    ended = {e.attempt_id for e in events if isinstance(e, AttemptEnded)}
    return steps & ended
