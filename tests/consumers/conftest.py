"""A database of its own, for tests that count what others must not add to."""

import pytest

from pilotfish.infra.provision.migrations import migrate
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings


@pytest.fixture
def apart(settings: Settings) -> Settings:
    """The shared servers with an empty database that no other test writes to."""
    name = "d_" + settings.tenant.replace("-", "_")
    ClickHouse(settings).command(f"CREATE DATABASE {name}")
    alone = settings.model_copy(update={"clickhouse_database": name})
    migrate(ClickHouse(alone))
    return alone
