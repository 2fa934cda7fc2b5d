"""The door in process: a log in memory for Kafka, a scripted advisor."""

from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient
from support.memory_publisher import MemoryPublisher

from pilotfish._sdk.transport.transport import MemoryTransport
from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.web.app import Behind, application
from pilotfish.web.tenants import Tenants

TOKENS = {"t0ken-of-acme-123456": "acme", "t0ken-of-beta-123456": "beta"}


@pytest.fixture
def publisher() -> MemoryPublisher:
    return MemoryPublisher()


@pytest.fixture
def advisor() -> MemoryTransport:
    return MemoryTransport(lambda _: "plan")


@pytest.fixture
def status() -> ServiceStatus:
    return ServiceStatus()


def behind(
    publisher: MemoryPublisher,
    advisor: MemoryTransport,
    status: ServiceStatus,
    tokens: dict[str, str],
) -> Behind:
    return Behind(Tenants("default", tokens), publisher, advisor, "door", status)


@pytest.fixture
def client(
    publisher: MemoryPublisher, advisor: MemoryTransport, status: ServiceStatus
) -> Iterator[TestClient]:
    """A program of this machine, at a door without tokens."""
    app = application(behind(publisher, advisor, status, {}))
    with TestClient(app, "http://127.0.0.1", raise_server_exceptions=False) as it:
        yield it


@pytest.fixture
def guarded(
    publisher: MemoryPublisher, advisor: MemoryTransport, status: ServiceStatus
) -> Iterator[TestClient]:
    """A client without a token, at a door that asks for one."""
    app = application(behind(publisher, advisor, status, TOKENS))
    with TestClient(app, "http://pilotfish.example") as it:
        yield it
