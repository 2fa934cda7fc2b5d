"""The consumer of traces in this process and, to be killed, in another; on real servers."""

from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from faults.processes import Service
from faults.topics import messages
from support.agent_runs import agent_run, export, span
from support.beside import beside
from support.polling import eventually

from pilotfish.consumers.traces.handler import run
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.kafka import producer
from pilotfish.runtime.publisher import Publisher
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.dead import DeadLetter
from pilotfish.schemas.events import AttemptEnded, AttemptStarted, StepRecorded
from pilotfish.schemas.ids import new_id
from pilotfish.schemas.topics import COLLECTOR_TRACES, DEAD, EVENTS, TRACES
from pilotfish.schemas.traces import TraceExport

mapping = partial(beside, run)


def new_trace() -> int:
    return int(new_id().replace("-", ""), 16)


def send(settings: Settings, *exports: TraceExport, topic: Any = TRACES) -> None:
    publisher = Publisher(producer(settings))
    for number, message in zip(count(), exports, strict=False):
        publisher.queue(topic, message, str(number))
    publisher.flush()


def events(settings: Settings, trace: int) -> list[Any]:
    """Return the events of a trace's attempt, each id once."""
    by_id = {
        event.event_id: event  # type: ignore[attr-defined]
        for _, event in messages(settings, EVENTS)
        if getattr(event, "attempt_id", "") == f"{trace:032x}"
    }
    return list(by_id.values())


def kinds(settings: Settings, trace: int) -> list[type]:
    return [type(event) for event in events(settings, trace)]


def test_a_trace_becomes_an_attempt_when_its_root_has_come(settings: Settings) -> None:
    trace = new_trace()
    tool, root = agent_run(trace, "where is it?")
    with mapping(settings):
        send(settings, export(settings.tenant, [tool]))
        send(settings, export(settings.tenant, [root]))
        eventually(lambda: AttemptEnded in kinds(settings, trace))
    start, *steps, _ = events(settings, trace)
    assert isinstance(start, AttemptStarted) and start.problem == "where is it?"
    assert {step.name for step in steps if isinstance(step, StepRecorded)} >= {"search"}
    rows = ClickHouse(settings).query(
        "SELECT name, JSONExtractString(attributes, 'tool.name') FROM spans FINAL "
        "WHERE tenant = {tenant:String} ORDER BY span_id",
        {"tenant": settings.tenant},
    )
    assert rows == [("span 1", ""), ("span 2", "search")]


def test_a_late_span_is_added_and_a_copy_changes_nothing(settings: Settings) -> None:
    trace = new_trace()
    tool, root = agent_run(trace, "p")
    with mapping(settings):
        send(settings, export(settings.tenant, [root]))
        eventually(lambda: AttemptEnded in kinds(settings, trace))
        before = len(events(settings, trace))
        send(settings, export(settings.tenant, [tool]))
        eventually(lambda: StepRecorded in kinds(settings, trace))
        after = events(settings, trace)
        send(settings, *[export(settings.tenant, [root, tool, tool])] * 2)
        marker = new_trace()
        send(settings, export(settings.tenant, agent_run(marker, "marker")))
        eventually(lambda: AttemptEnded in kinds(settings, marker))
    assert len(after) > before
    assert {e.event_id for e in events(settings, trace)} == {e.event_id for e in after}


def test_a_trace_without_its_root_is_closed_as_abandoned(settings: Settings) -> None:
    trace = new_trace()
    tool, root = agent_run(trace, "p")
    quick = settings.model_copy(update={"trace_quiet_s": 0.5})
    with mapping(quick):
        send(quick, export(quick.tenant, [tool]))
        eventually(lambda: AttemptEnded in kinds(quick, trace))
        [end] = [e for e in events(quick, trace) if isinstance(e, AttemptEnded)]
        assert end.status == "abandoned"
        send(quick, export(quick.tenant, [root]))
        eventually(lambda: kinds(quick, trace).count(AttemptEnded) == 2)
    assert events(quick, trace)[-1].status == "unknown"


def test_what_a_collector_publishes_is_of_the_services_own_tenant(
    settings: Settings,
) -> None:
    trace = new_trace()
    foreign = export("ignored", agent_run(trace, "p"))
    with mapping(settings):
        producer_of = producer(settings)
        producer_of.produce(COLLECTOR_TRACES.name, value=foreign.body)
        producer_of.flush()
        eventually(lambda: AttemptEnded in kinds(settings, trace))


def test_what_cannot_be_read_is_set_aside(settings: Settings) -> None:
    trace = new_trace()
    broken = TraceExport(tenant=settings.tenant, body=b"\xff\xff", encoding="json")
    no_id = span(0, 3)
    with mapping(settings):
        send(settings, broken)
        send(settings, export(settings.tenant, [no_id, *agent_run(trace, "p")]))
        eventually(lambda: AttemptEnded in kinds(settings, trace))
        eventually(lambda: any(True for _ in messages(settings, DEAD)))
    [(_, letter)] = messages(settings, DEAD)
    assert isinstance(letter, DeadLetter) and letter.value == b"\xff\xff"
    assert (letter.service, letter.topic) == ("traces", TRACES.name)
    assert "JSON" in letter.reason


@pytest.mark.slow
def test_killed_at_any_moment_nothing_is_missing_or_double(
    settings: Settings, tmp_path: Path
) -> None:
    traces = [new_trace() for _ in range(60)]
    service = Service("traces", settings, tmp_path)
    service.start()
    for first in range(0, 60, 20):
        some = traces[first : first + 20]
        runs = [agent_run(trace, f"p {trace}") for trace in some]
        send(settings, *[export(settings.tenant, [tool]) for tool, _ in runs])
        eventually(lambda some=some: len(tools(settings)) >= first + 1)  # type: ignore[misc] # noqa: B023
        service.kill()
        service.start()
        send(settings, *[export(settings.tenant, [root]) for _, root in runs])
    eventually(lambda: ended(settings) == {f"{trace:032x}" for trace in traces})
    service.stop()
    for trace in traces:
        found = kinds(settings, trace)
        assert found.count(AttemptStarted) == found.count(AttemptEnded) == 1
        assert StepRecorded in found


def tools(settings: Settings) -> list[tuple[Any, ...]]:
    return ClickHouse(settings).query(
        "SELECT span_id FROM spans WHERE tenant = {tenant:String} AND parent_id != ''",
        {"tenant": settings.tenant},
    )


def ended(settings: Settings) -> set[str]:
    return {
        event.attempt_id
        for _, event in messages(settings, EVENTS)
        if isinstance(event, AttemptEnded)
    }
