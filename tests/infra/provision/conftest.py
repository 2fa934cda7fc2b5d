"""Databases of a ClickHouse without Kafka."""

from collections.abc import Iterator
from itertools import count

import pytest

from pilotfish.infra.embedded.clickhouse.gateway import EmbeddedClickHouse
from pilotfish.infra.provision.migrations import migrate
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings

_DATABASES = count()


@pytest.fixture
def empty(gateway: EmbeddedClickHouse) -> Iterator[ClickHouse]:
    name = f"database_{next(_DATABASES)}"
    creator = ClickHouse(Settings(clickhouse=gateway.url))
    creator.command(f"CREATE DATABASE {name}")
    creator.close()
    it = ClickHouse(Settings(clickhouse=gateway.url, clickhouse_database=name))
    yield it
    it.close()


@pytest.fixture
def database(empty: ClickHouse) -> ClickHouse:
    migrate(empty)
    return empty
