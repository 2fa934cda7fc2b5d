"""One broker and one ClickHouse of their own: these tests stop and kill them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from faults.processes import Platform
from faults.proxied_kafka import ProxiedKafka

from pilotfish.infra.embedded.clickhouse.gateway import EmbeddedClickHouse
from pilotfish.infra.embedded.ports import free_ports
from pilotfish.infra.provision.migrations import migrate
from pilotfish.infra.provision.topics import create_topics
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.ids import new_id

Servers = tuple[ProxiedKafka, EmbeddedClickHouse]


@contextmanager
def started_servers(folder: Path) -> Iterator[Servers]:
    *broker, http = free_ports(5)
    with (
        ProxiedKafka(folder / "kafka", broker) as kafka,
        EmbeddedClickHouse(folder / "clickhouse", http) as clickhouse,
    ):
        create_topics({"bootstrap.servers": kafka.bootstrap})
        migrate(ClickHouse(Settings(clickhouse=clickhouse.url)))
        yield kafka, clickhouse


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with started_servers(tmp_path_factory.mktemp("faults")) as both:
        yield both


def platform_on(servers: Servers, folder: Path) -> Platform:
    """Return a tenant of its own on the shared servers."""
    kafka, clickhouse = servers
    settings = Settings(
        kafka=kafka.bootstrap,
        clickhouse=clickhouse.url,
        home=folder,
        tenant=f"t-{new_id()}",
    )
    return Platform(kafka, clickhouse, settings, folder)


@pytest.fixture
def platform(servers: Servers, tmp_path: Path) -> Platform:
    return platform_on(servers, tmp_path)


@pytest.fixture
def clickhouse(platform: Platform) -> ClickHouse:
    return ClickHouse(platform.settings)
