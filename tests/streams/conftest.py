"""ClickHouse and the model test's fake of it, which must answer alike."""

from typing import Any

import pytest
from faults.memory_clickhouse import MemoryClickHouse, Tables
from faults.trouble import Trouble

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings


@pytest.fixture(params=["real", "in memory"])
def clickhouse(request: pytest.FixtureRequest, settings: Settings) -> Any:
    if request.param == "real":
        return ClickHouse(settings)
    return MemoryClickHouse(Tables(), Trouble())
