"""The console over a real ClickHouse, with a tenant of its own."""

from collections.abc import Iterator
from contextlib import closing

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from support.console_rows import ConsoleRows

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.web.console.reading import ClickHouseReading
from pilotfish.web.console.routes import routes
from pilotfish.web.entry import Entry
from pilotfish.web.tenants import Tenants


@pytest.fixture
def rows(settings: Settings) -> ConsoleRows:
    """Writes what the pages show."""
    return ConsoleRows(ClickHouse(settings), settings.tenant)


@pytest.fixture
def pages(settings: Settings) -> Iterator[TestClient]:
    """A browser of this machine."""
    with closing(ClickHouseReading(settings)) as reading:
        app = Entry(Starlette(routes=routes(reading)), Tenants(settings.tenant, {}))
        with TestClient(app, "http://127.0.0.1") as client:
            yield client
