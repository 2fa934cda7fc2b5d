"""Every service at once, each killed in its turn, and both servers stopped for a while."""

import time
from collections.abc import Callable
from dataclasses import replace
from itertools import cycle

import pytest
from advice.asking import Asker
from advice.tiny import tiny_bundle
from faults.processes import Platform, Service, eventually, logs
from faults.replay import PER_ATTEMPT, replay
from faults.truth import windows_differ

import pilotfish
from pilotfish.advisors.store import ModelStore
from pilotfish.streams.clickhouse import ClickHouse
from pilotfish.streams.progress import new_labels

pytestmark = [pytest.mark.slow, pytest.mark.timeout(400)]

SERVICES = ("archive", "streams", "advisor", "trigger")
ATTEMPTS = 2000
# See `replay.attempt`: every eleventh meets a rate limit, and every other one of those
# had its answer verified all the same.
ABSTENTIONS = len(range(0, ATTEMPTS, 22))
KILL_EVERY_S = 3
STOPPED_S = 20.0

ARCHIVED = """
SELECT count(), uniqExact(event_id) FROM events WHERE tenant = {tenant:String}
"""
ATTEMPTED = """
SELECT count(), countIf(version > 0), sum(length(seen_events)) FROM attempts FINAL
WHERE tenant = {tenant:String}
"""


@pytest.fixture
def whole(platform: Platform) -> Platform:
    """A platform whose advisor has a base, and whose trigger fires at the last label."""
    tiny_bundle(platform.settings.models, "base", "tiny-1")
    changes = {"train_at": ATTEMPTS - ABSTENTIONS}
    return replace(platform, settings=platform.settings.model_copy(update=changes))


def row(clickhouse: ClickHouse, sql: str, tenant: str) -> tuple[int, ...]:
    [found] = clickhouse.query(sql, {"tenant": tenant})
    return tuple(int(value) for value in found)


def comes_true(
    question: Callable[[], object], answer: object, services: dict[str, Service]
) -> None:
    try:
        eventually(question, answer, 120)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{logs(list(services.values()))}") from error


def test_killed_in_turn_nothing_is_lost_or_counted_twice(
    whole: Platform, clickhouse: ClickHouse
) -> None:
    tenant = whole.settings.tenant
    # Held here, so that the training the trigger starts ends at once: it is busy.
    with (
        ModelStore(whole.settings.models).training_lock(tenant),
        whole.services(*SERVICES) as services,
    ):
        turns = cycle(SERVICES)

        def kill_one(second: int) -> None:
            if second % KILL_EVERY_S == 0:
                service = services[next(turns)]
                service.kill()
                service.start()

        events = replay(whole.settings, ATTEMPTS, 700, kill_one)
        assert len(events) == ATTEMPTS * PER_ATTEMPT == 20_000
        once = (len(events), len(events))
        comes_true(lambda: row(clickhouse, ARCHIVED, tenant), once, services)
        attempts = (ATTEMPTS, ATTEMPTS, len(events))
        comes_true(lambda: row(clickhouse, ATTEMPTED, tenant), attempts, services)
        assert windows_differ(clickhouse, tenant) == []

        assert new_labels(clickhouse, tenant) == ATTEMPTS - ABSTENTIONS
        trigger = services["trigger"]
        comes_true(lambda: b'"training_started"' in trigger.log.read_bytes(), True, services)  # fmt: skip
        asker = Asker(whole.settings)
        assert asker.answer("w1 w7").advisor_version
        asker.close()
        for service in services.values():
            assert service.stop() == 0


def test_clickhouse_stopped_holds_up_nothing_but_its_rows(
    whole: Platform, clickhouse: ClickHouse
) -> None:
    tenant = whole.settings.tenant
    with whole.services(*SERVICES) as services:
        events = replay(whole.settings, 100)
        comes_true(lambda: row(clickhouse, ARCHIVED, tenant)[0], 1000, services)
        with whole.clickhouse_stopped():
            begin = time.monotonic()
            events += replay(whole.settings, 100)
            time.sleep(max(0.0, begin + STOPPED_S - time.monotonic()))
        comes_true(lambda: row(clickhouse, ARCHIVED, tenant), (2000, 2000), services)
        comes_true(lambda: row(clickhouse, ATTEMPTED, tenant), (200, 200, 2000), services)  # fmt: skip
        assert windows_differ(clickhouse, tenant) == []
        assert all(service.alive() for service in services.values())


def test_kafka_stopped_holds_up_no_agent_and_loses_nothing(
    whole: Platform, clickhouse: ClickHouse
) -> None:
    tenant = whole.settings.tenant
    slowest_s = 0.0
    client = pilotfish.connect(kafka=whole.settings.kafka, tenant=tenant)
    with client, whole.services("archive", "streams") as services:
        work(client, 100)
        assert client.flush(30)
        with whole.kafka_stopped():
            end = time.monotonic() + STOPPED_S
            while time.monotonic() < end:
                begin = time.monotonic()
                work(client, 1)
                slowest_s = max(slowest_s, time.monotonic() - begin)
                time.sleep(0.02)
        work(client, 100)
        assert client.flush(60)
        stats = client.stats()
        assert (stats.dropped, stats.rejected, stats.failed) == (0, 0, 0)
        assert stats.sent >= 4 * 300
        comes_true(
            lambda: row(clickhouse, ARCHIVED, tenant), (stats.sent,) * 2, services
        )
        labelled = "SELECT countIf(version > 0) FROM attempts FINAL WHERE tenant = {tenant:String}"  # fmt: skip
        comes_true(lambda: 4 * row(clickhouse, labelled, tenant)[0], stats.sent, services)  # fmt: skip
        assert windows_differ(clickhouse, tenant) == []
    assert slowest_s < 1.0


def work(client: pilotfish.Client, attempts: int) -> None:
    """Make attempts of four events each."""
    for number in range(attempts):
        with client.attempt("1+1?", problem_type="sum", approach="plan") as attempt:
            attempt.action("add", "1+1", cost=0.125)
            attempt.answer("answer", str(number))
            attempt.succeed()
