"""The archive killed, stopped and cut off: `events` holds each event exactly once."""

from faults.processes import Platform, eventually
from faults.replay import PER_ATTEMPT, replay

from pilotfish.streams.clickhouse import ClickHouse

ATTEMPTS = 1000
COUNT = "SELECT count(), uniqExact(event_id) FROM events WHERE tenant = {tenant:String}"


def archived(clickhouse: ClickHouse, tenant: str) -> tuple[int, int]:
    [(rows, different)] = clickhouse.query(COUNT, {"tenant": tenant})
    return int(rows), int(different)


def test_killed_again_and_again_it_archives_each_event_once(
    platform: Platform, clickhouse: ClickHouse
) -> None:
    tenant = platform.settings.tenant
    with platform.services("archive") as services:
        archive = services["archive"]

        def kill_and_restart(_second: int) -> None:
            archive.kill()
            archive.start()

        published = replay(platform.settings, ATTEMPTS, 2500, kill_and_restart)
        everything = (len(published), len(published))
        eventually(lambda: archived(clickhouse, tenant), everything, 40)
        assert archive.stop() == 0
    assert len(published) == ATTEMPTS * PER_ATTEMPT


def test_it_waits_while_clickhouse_is_stopped(
    platform: Platform, clickhouse: ClickHouse
) -> None:
    tenant = platform.settings.tenant
    with platform.services("archive") as services:
        eventually(lambda: b'"assigned"' in services["archive"].log.read_bytes(), True)
        with platform.clickhouse_stopped():
            published = replay(platform.settings, 500, 250)
            assert services["archive"].alive()
        everything = (len(published), len(published))
        eventually(lambda: archived(clickhouse, tenant), everything)
        assert services["archive"].log.read_bytes().count(b'"started"') == 1


def test_it_waits_while_clickhouse_is_killed_and_started(
    platform: Platform, clickhouse: ClickHouse
) -> None:
    tenant = platform.settings.tenant
    with platform.services("archive") as services:
        eventually(lambda: b'"assigned"' in services["archive"].log.read_bytes(), True)
        platform.clickhouse.kill()
        published = replay(platform.settings, 200, 500)
        platform.clickhouse.start()
        everything = (len(published), len(published))
        eventually(lambda: archived(clickhouse, tenant), everything)
        assert services["archive"].alive()


def test_it_waits_while_kafka_is_killed_and_started(
    platform: Platform, clickhouse: ClickHouse
) -> None:
    tenant = platform.settings.tenant
    with platform.services("archive") as services:
        first = replay(platform.settings, 100)
        platform.kafka.kill()
        platform.kafka.start()
        second = replay(platform.settings, 100)
        everything = (len(first) + len(second),) * 2
        eventually(lambda: archived(clickhouse, tenant), everything)
        assert services["archive"].alive()


def test_two_archives_share_the_work_and_one_takes_over(
    platform: Platform, clickhouse: ClickHouse
) -> None:
    tenant = platform.settings.tenant
    with platform.services("archive") as first, platform.services("archive") as second:
        for one in (first, second):
            log = one["archive"].log
            eventually(lambda log=log: b'"assigned"' in log.read_bytes(), True)

        def stop_one(seconds: int) -> None:
            if seconds == 2:
                assert first["archive"].stop() == 0

        published = replay(platform.settings, 1000, 2500, stop_one)
        everything = (len(published), len(published))
        eventually(lambda: archived(clickhouse, tenant), everything)
        assert second["archive"].alive()
