"""The embedded Kafka and ClickHouse, once a session; a tenant of its own for each test."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from pilotfish.infra.gateway import EmbeddedClickHouse
from pilotfish.infra.kafka import EmbeddedKafka
from pilotfish.infra.migrations import migrate
from pilotfish.infra.topics import create_topics
from pilotfish.schemas.ids import new_id
from pilotfish.schemas.settings import Settings
from pilotfish.streams.clickhouse import ClickHouse
from pilotfish.streams.kafka import client_config


def free_ports(count: int) -> list[int]:
    """Return ports that nobody listens on now."""
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(probe.getsockname()[1]) for probe in probes]
    for probe in probes:
        probe.close()
    return ports


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """Kafka with its topics and ClickHouse with its tables, for tests that stop neither."""
    folder = tmp_path_factory.mktemp("servers")
    broker, controller, http = free_ports(3)
    with (
        EmbeddedKafka(folder / "kafka", broker, controller) as kafka,
        EmbeddedClickHouse(folder / "clickhouse", http) as clickhouse,
    ):
        settings = Settings(kafka=kafka.bootstrap, clickhouse=clickhouse.url)
        create_topics(client_config(settings))
        migrate(ClickHouse(settings))
        yield settings


@pytest.fixture
def settings(servers: Settings, tmp_path: Path) -> Settings:
    """The shared servers, with a tenant and a home that no other test has."""
    changes = {"tenant": f"t-{new_id()}", "home": tmp_path}
    return servers.model_copy(update=changes)
