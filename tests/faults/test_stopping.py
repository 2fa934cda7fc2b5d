"""A service that is told to stop does so in time, whoever stands still."""

import pytest
from faults.processes import Platform
from faults.script import Script
from support.polling import eventually

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", ["archive", "memory"])
def test_a_service_ends_while_clickhouse_stands_still(
    platform: Platform, name: str
) -> None:
    script = Script(platform.settings, 300)
    with platform.services(name) as services:
        service = services[name]
        eventually(lambda: b'"started"' in service.log.read_bytes())
        with platform.clickhouse_stopped():
            script.play(5.0)
            assert service.stop() == 0
    script.close()
