"""A service that Kafka refuses while it runs ends and says why, and loses nothing."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from confluent_kafka.admin._resource import ResourceType
from faults.processes import Service, running
from faults.replay import PER_ATTEMPT, replay
from support.polling import eventually
from support.secured_kafka import SecuredKafka

from pilotfish.infra.embedded.clickhouse.gateway import EmbeddedClickHouse
from pilotfish.infra.embedded.ports import free_ports
from pilotfish.infra.provision.acl import grant
from pilotfish.infra.provision.migrations import migrate
from pilotfish.infra.provision.roles import Role
from pilotfish.infra.provision.topics import create_topics
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.ids import new_id

pytestmark = pytest.mark.slow

Take = Callable[[SecuredKafka, str], None]
TAKEN: dict[str, Take] = {
    "topics": lambda kafka, user: kafka.take_away(user, ResourceType.TOPIC),
    "groups": lambda kafka, user: kafka.take_away(user, ResourceType.GROUP),
    "password": lambda kafka, user: kafka.forget_user(user),
}
ARCHIVED = "SELECT count(), uniqExact(event_id) FROM events WHERE tenant = {t:String}"
LABELLED = "SELECT countIf(version > 0) FROM attempts_current WHERE tenant = {t:String}"
DONE: dict[str, tuple[str, Callable[[int], tuple[int, ...]]]] = {
    "archive": (ARCHIVED, lambda events: (events, events)),
    "streams": (LABELLED, lambda events: (events // PER_ATTEMPT,)),
}
"""By worker, what to ask ClickHouse and its answer after so many events."""


@pytest.fixture(scope="module")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecuredKafka]:
    folder = tmp_path_factory.mktemp("secured")
    with SecuredKafka(folder / "kafka", free_ports(3)) as broker:
        create_topics(broker.root)
        yield broker


@pytest.fixture(scope="module")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of one for this Kafka alone: tables know offsets of one Kafka."""
    folder = tmp_path_factory.mktemp("tables")
    with EmbeddedClickHouse(folder / "clickhouse", free_ports(1)[0]) as it:
        migrate(ClickHouse(Settings(clickhouse=it.url)))
        yield it.url


@pytest.fixture
def service(kafka: SecuredKafka, clickhouse: str, tmp_path: Path) -> Settings:
    """A new user who may do what services need."""
    user = new_id()
    allow(kafka, user)
    changes = {"clickhouse": clickhouse, "tenant": f"t-{user}", "home": tmp_path}
    return kafka.settings(user).model_copy(update=changes)


def allow(kafka: SecuredKafka, user: str) -> None:
    kafka.add_user(user)
    grant(kafka.root, Role.SERVICE, user)


def publish(kafka: SecuredKafka, service: Settings, attempts: int) -> int:
    """Publish by the other door; return how many events."""
    root = Settings(kafka=kafka.bootstrap, tenant=service.tenant)
    return len(replay(root, attempts))


def ends_with_one_clear_line(running: Service) -> None:
    """Wait: a right to a topic is missed at once, one to a group after a session."""
    eventually(lambda: not running.alive())
    log = running.log.read_text()
    lines = log.splitlines()
    failures = [line for line in lines if '"event": "failed"' in line]
    assert len(failures) == 1, log
    [failure] = failures
    assert "ConfigurationError" in failure and "Kafka refuses" in failure
    assert sum('"event": "started"' in line for line in lines) == 1


@pytest.mark.parametrize("what", TAKEN)
def test_workers_end_and_go_on_without_loss(
    kafka: SecuredKafka, service: Settings, tmp_path: Path, what: str
) -> None:
    tables, about = ClickHouse(service), {"t": service.tenant}

    def all_done() -> bool:
        return all(
            tables.query(sql, about) == [all_of(events)]
            for sql, all_of in DONE.values()
        )

    with running(service, tmp_path, *DONE) as services:
        workers = list(services.values())
        events = publish(kafka, service, 20)
        eventually(all_done)
        TAKEN[what](kafka, service.kafka_username)
        events += publish(kafka, service, 20)
        for worker in workers:
            ends_with_one_clear_line(worker)
        allow(kafka, service.kafka_username)
        for worker in workers:
            worker.start()
        events += publish(kafka, service, 20)
        eventually(all_done)
        assert [worker.stop() for worker in workers] == [0, 0]


def test_every_consumer_ends_when_its_password_is_not_known_any_more(
    kafka: SecuredKafka, service: Settings, tmp_path: Path
) -> None:
    with running(service, tmp_path, "advisor", "trigger") as services:
        workers = list(services.values())
        publish(kafka, service, 1)
        for worker in workers:
            eventually(lambda log=worker.log: b"started" in log.read_bytes())
        kafka.forget_user(service.kafka_username)
        for worker in workers:
            ends_with_one_clear_line(worker)
