"""A worker that has records to read and reads none begins anew; one that waits does not."""

import re
from pathlib import Path
from urllib.error import URLError

import pytest
from confluent_kafka import TopicPartition
from faults.processes import Service, customised
from faults.replay import replay
from hypothesis import given
from hypothesis import strategies as st
from support.polling import eventually
from support.probing import said_on

from pilotfish.infra.embedded.ports import free_ports
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.kafka import consumer, producer
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.ids import new_id
from pilotfish.schemas.topics import ADVICE_REQUESTS, EVENTS
from pilotfish.streams import stall
from pilotfish.streams.stall import Idleness, ReadingWatch

ONE, OTHER = ("events", 0), ("events", 1)


def test_a_partition_that_stands_still_while_it_has_records_is_idle() -> None:
    idleness = Idleness()
    for _ in range(4):
        idleness.observe({ONE: 5, OTHER: 7}, {ONE: 3, OTHER: 0}, 20.0)
    assert idleness.longer_than(60.0) == [ONE]
    assert idleness.longer_than(60.1) == []


def test_one_that_never_began_is_idle_too() -> None:
    idleness = Idleness()
    for _ in range(4):
        idleness.observe({ONE: None}, {ONE: 3}, 20.0)
    assert idleness.longer_than(60.0) == [ONE]


@pytest.mark.parametrize(
    ("position", "lag", "elapsed_s"),
    [(6, 3, 20.0), (5, 0, 20.0), (5, 3, 0.0)],
    ids=["it moved", "it has nothing to read", "it works on a batch"],
)
def test_whatever_else_is_no_idleness(
    position: int, lag: int, elapsed_s: float
) -> None:
    idleness = Idleness()
    for _ in range(3):
        idleness.observe({ONE: 5}, {ONE: 3}, 20.0)
    idleness.observe({ONE: position}, {ONE: lag}, elapsed_s)
    assert idleness.longer_than(60.0) == []


def test_a_partition_that_was_lost_and_came_back_begins_at_zero() -> None:
    idleness = Idleness()
    for positions in ({ONE: 5}, {ONE: 5}, {}, {ONE: 5}, {ONE: 5}):
        idleness.observe(positions, {ONE: 3}, 40.0)
    assert idleness.longer_than(41.0) == []


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=30))
def test_a_worker_that_reads_within_the_time_is_never_idle(
    steps: list[tuple[int, int]],
) -> None:
    """Whatever comes in: as long as it moves between two observations."""
    idleness, position = Idleness(), 0
    for moved, lag in steps:
        position += moved + 1
        idleness.observe({ONE: position}, {ONE: lag}, 1000.0)
        assert idleness.longer_than(1.0) == []


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stall, "STALLED_S", 1.0)


@pytest.mark.usefixtures("impatient")
def test_a_worker_without_partitions_sees_whether_its_group_reads(
    settings: Settings,
) -> None:
    to = producer(settings)
    to.produce(EVENTS.name, b"no event", partition=0)
    assert to.flush(60) == 0
    group = f"pilotfish-test-{new_id()}"
    watch = ReadingWatch(settings, group)
    place = (
        EVENTS.name,
        0,
    )  # in the others a process of a test before may publish late
    assert watch.stalled({}, 1.0) == []
    eventually(lambda: place in watch.stalled({}, 1.0))
    reader = consumer(settings, group)
    _, end = reader.get_watermark_offsets(TopicPartition(*place), timeout=60)
    reader.commit(offsets=[TopicPartition(*place, end)], asynchronous=False)
    reader.close()
    for _ in range(3):
        assert place not in watch.stalled({}, 1.0)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("committed", [True, False])
def test_the_watch_looks_whether_there_is_a_record(
    settings: Settings, committed: bool
) -> None:
    to = producer(settings)
    to.produce(ADVICE_REQUESTS.name, b"no request", partition=0)
    assert to.flush(60) == 0
    group = f"pilotfish-test-{new_id()}"
    place = (ADVICE_REQUESTS.name, 0)
    reader = consumer(settings, group)
    _, end = reader.get_watermark_offsets(TopicPartition(*place), timeout=60)
    reader.commit(offsets=[TopicPartition(*place, end - 1)], asynchronous=False)
    reader.close()
    behind: dict[tuple[str, int], int | None] = {place: None if committed else end - 1}
    watch = ReadingWatch(settings, group)
    assert watch.stalled(behind, 1.0) == []
    eventually(lambda: watch.stalled(behind, 1.0), [place])
    for _ in range(2):
        assert watch.stalled({place: end}, 1.0) == []
    for _ in range(2):
        assert watch.stalled({}, 1.0) == []


@pytest.mark.usefixtures("impatient")
def test_the_mark_of_a_foreign_transaction_is_no_record(settings: Settings) -> None:
    group = f"pilotfish-test-{new_id()}"
    place = (ADVICE_REQUESTS.name, 1)
    reader = consumer(settings, group)

    def end() -> int:
        _, at = reader.get_watermark_offsets(TopicPartition(*place), timeout=60)
        return at

    before = end()
    to = producer(settings, **{"transactional.id": new_id()})
    to.init_transactions(60)
    to.begin_transaction()
    to.produce(ADVICE_REQUESTS.name, b"no request", partition=1)
    to.commit_transaction(60)
    eventually(end, before + 2)  # Kafka writes the mark a moment later
    reader.close()
    watch = ReadingWatch(settings, group)
    for _ in range(3):
        assert watch.stalled({place: before + 1}, 1.0) == []
    assert watch.stalled({place: before}, 1.0) == []
    assert watch.stalled({place: before}, 1.0) == [place]


@pytest.mark.usefixtures("impatient")
def test_while_kafka_is_away_nothing_is_a_stall() -> None:
    watch = ReadingWatch(Settings(kafka="127.0.0.1:1"), "pilotfish-test")
    for _ in range(2):
        assert watch.stalled({("pilotfish.events", 0): 0}, 1.0) == []


def stalls_on(port: int) -> float | None:
    try:
        text = said_on(port, "/metrics")[1]
    except URLError:
        return None
    [count] = re.findall(r"^pilotfish_stalls_total (.+)$", text, re.MULTILINE)
    return float(count)


LABELLED = "SELECT countIf(version > 0) FROM attempts_current WHERE tenant = {t:String}"


@pytest.mark.slow(45)
def test_a_worker_whose_reading_is_frozen_begins_anew_and_counts_it(
    settings: Settings, tmp_path: Path
) -> None:
    [port] = free_ports(1)
    flag = tmp_path / "frozen"
    mine = settings.model_copy(update={"metrics_port": port})
    environment = customised("frozen", FAULTS_FROZEN=str(flag))
    service = Service("streams", mine, tmp_path, environment)
    clickhouse = ClickHouse(settings)

    def labelled() -> int:
        [(count,)] = clickhouse.query(LABELLED, {"t": settings.tenant})
        return int(count)

    service.start()
    try:
        replay(settings, 10)
        eventually(labelled, 10)
        assert stalls_on(port) == 0.0
        flag.touch()
        replay(settings, 10)
        eventually(labelled, 20)
        eventually(lambda: stalls_on(port), 1.0)
        assert service.stop() == 0
    finally:
        service.end()
    log = service.log.read_bytes()
    assert log.count(b'"stalled"') == 1
    assert log.count(b'"started"') == 2
