"""Which labels go out, and where they belong."""

from collections.abc import Sequence
from typing import Any

import pytest
from support.advice.labels import label

from pilotfish.consumers.label_export.answers import Refused
from pilotfish.consumers.label_export.exporter import TracedLabel
from pilotfish.consumers.label_export.handler import GROUP, SPEC, LabelExportHandler
from pilotfish.consumers.label_export.traced import Traced
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.memory_broker import MemoryBroker, MemoryLog
from pilotfish.runtime.service import metrics
from pilotfish.runtime.service.loop import ConsumerLoop
from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.codec import encode, headers_of
from pilotfish.schemas.errors import UnavailableError
from pilotfish.schemas.ids import new_id
from pilotfish.schemas.topics import LABELS

AT_US = 1_790_000_000 * 10**6


class World:
    """A Kafka in memory with labels; the spans are in a real ClickHouse."""

    def __init__(self, settings: Settings) -> None:
        self.tenant = settings.tenant
        self.clickhouse = ClickHouse(settings)
        self.log = MemoryLog()
        self.sent: list[TracedLabel] = []
        self.away = False
        self.refused = Refused()
        self.start()

    def start(self) -> None:
        handler = LabelExportHandler(Traced(self.clickhouse), self._send)
        broker = MemoryBroker(self.log, GROUP, at_once=10)
        self.loop = ConsumerLoop(broker, SPEC, handler, ServiceStatus())

    def _send(self, labels: Sequence[TracedLabel]) -> Refused:
        if self.away:
            raise UnavailableError("away")
        self.sent += labels
        return self.refused

    def span(self, trace: str, span: str, parent: str = "") -> None:
        columns = ["tenant", "trace_id", "span_id", "parent_id", "at"]
        row = [self.tenant, trace, span, parent, AT_US]
        self.clickhouse.insert("spans", columns, [row])

    def label(self, attempt_id: str, **changes: Any) -> None:
        made = label(self.tenant, "p", attempt_id=attempt_id, **changes)
        self.log.append(LABELS.name, 0, "", encode(made), headers_of(made))

    def read(self) -> list[tuple[str, float | None, str, str]]:
        for _ in range(3):
            self.loop.step()
        return [(t.attempt_id, t.p_success, trace, s) for t, trace, s in self.sent]


@pytest.fixture
def world(settings: Settings) -> World:
    return World(settings)


def new_trace() -> str:
    return new_id().replace("-", "")


ROOT, BELOW = f"{1:016x}", f"{2:016x}"


def test_a_label_is_about_the_root_of_its_trace(world: World) -> None:
    trace = new_trace()
    world.span(trace, BELOW, ROOT)
    world.span(trace, ROOT)
    world.label(trace, p_success=0.25)
    assert world.read() == [(trace, 0.25, trace, ROOT)]


def test_one_of_several_attempts_is_about_its_own_span(world: World) -> None:
    trace = new_trace()
    world.span(trace, ROOT)
    world.label(f"{trace}-{BELOW}", p_success=1.0)
    assert world.read() == [(f"{trace}-{BELOW}", 1.0, trace, BELOW)]


def test_a_trace_without_its_root_is_named_alone(world: World) -> None:
    trace = new_trace()
    world.span(trace, BELOW, ROOT)
    world.label(trace, p_success=0.0)
    assert world.read() == [(trace, 0.0, trace, "")]


def test_attempts_that_came_otherwise_and_abstentions_stay(world: World) -> None:
    trace = new_trace()
    world.span(trace, ROOT)
    world.label(new_id(), p_success=1.0)
    world.label(new_trace(), p_success=1.0)
    world.label(trace, p_success=None, abstained="no evidence")
    assert world.read() == []


def test_the_newest_of_several_versions_is_sent(world: World) -> None:
    trace = new_trace()
    world.span(trace, ROOT)
    world.label(trace, p_success=0.25)
    world.label(trace, p_success=1.0, version=2)
    assert world.read() == [(trace, 1.0, trace, ROOT)]


def test_what_was_not_taken_is_sent_again(world: World) -> None:
    trace = new_trace()
    world.span(trace, ROOT)
    world.label(trace, p_success=0.25)
    world.away = True
    with pytest.raises(UnavailableError):
        world.read()
    world.away = False
    world.start()
    assert world.read() == [(trace, 0.25, trace, ROOT)]
    world.start()
    assert len(world.read()) == 1


def exported(fate: str) -> float:
    value = metrics.LABELS_EXPORTED.labels(fate)._value.get()
    return float(value)


def test_what_is_refused_for_good_is_counted_and_holds_nothing_up(
    world: World,
) -> None:
    before = exported("taken"), exported("refused")
    refused, taken = new_trace(), new_trace()
    world.span(refused, ROOT)
    world.span(taken, ROOT)
    world.label(refused, p_success=0.25)
    world.refused = Refused(1, "400: no")
    world.read()
    world.refused = Refused()
    world.label(taken, p_success=1.0)
    assert [attempt for attempt, *_ in world.read()] == [refused, taken]
    assert (exported("taken"), exported("refused")) == (before[0] + 1, before[1] + 1)
    world.start()
    assert len(world.read()) == 2
