"""The door in process: a log in memory for Kafka, a scripted advisor."""

from collections.abc import Callable, Iterator

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from support.knowledge import NoRows, ScriptedKnowledge
from support.memory_publisher import MemoryPublisher

from pilotfish._sdk.transport.transport import MemoryTransport
from pilotfish.runtime.service.status import ServiceStatus
from pilotfish.web.app import application
from pilotfish.web.behind import Behind
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


@pytest.fixture
def knowledge() -> ScriptedKnowledge:
    return ScriptedKnowledge()


Made = Callable[[dict[str, str]], Starlette]


@pytest.fixture
def door(
    publisher: MemoryPublisher,
    advisor: MemoryTransport,
    knowledge: ScriptedKnowledge,
    status: ServiceStatus,
) -> Made:
    """Makes the application for these tokens."""

    def made(tokens: dict[str, str]) -> Starlette:
        behind = Behind(publisher, advisor, "door", knowledge, NoRows())
        return application(behind, Tenants("default", tokens), status)

    return made


@pytest.fixture
def client(door: Made) -> Iterator[TestClient]:
    """A program of this machine, at a door without tokens."""
    base = "http://127.0.0.1"
    with TestClient(door({}), base, raise_server_exceptions=False) as it:
        yield it


@pytest.fixture
def guarded(door: Made) -> Iterator[TestClient]:
    """A client without a token, at a door that asks for one."""
    with TestClient(door(TOKENS), "http://pilotfish.example") as it:
        yield it
