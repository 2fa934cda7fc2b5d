"""The memory's door in the SDK, on a real ClickHouse."""

import asyncio
import sys

import pytest
from advice.labels import label
from advice.tiny import tiny_bundle

import pilotfish
from pilotfish.advisors.store import BASE_TENANT
from pilotfish.consumers.memory.problem_vectors import ProblemVectors
from pilotfish.consumers.memory.rows import COLUMNS, row
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import RequirementError


@pytest.fixture
def known(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> str:
    """One remembered attempt, and an environment that leads to it; returns its id."""
    tiny_bundle(settings.models, BASE_TENANT, "tiny-1")
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    one, vectors = label(settings.tenant, "w1 w2"), ProblemVectors.of(settings)
    made = row(one, vectors.name, vectors.embed([one.problem])[0], "")
    ClickHouse(settings).insert("memory", COLUMNS, [made])
    return one.attempt_id


def test_a_client_finds_what_its_tenant_tried(known: str) -> None:
    with pilotfish.connect() as pilot:
        [found] = pilot.memory.search("w2 w1", k=3)
        assert (found.attempt_id, found.outcome) == (known, "success")
        assert pilot.memory.search("w2", mode="words") != []
    with pilotfish.connect(tenant="nobody") as pilot:
        assert pilot.memory.search("w2 w1") == []


def test_asyncio_finds_it_too(known: str) -> None:
    async def ask() -> list[pilotfish.Remembered]:
        async with pilotfish.connect_async() as pilot:
            return await pilot.memory.search("w1")

    assert [one.attempt_id for one in asyncio.run(ask())] == [known]


def test_without_the_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "pilotfish.consumers.memory.search", raising=False)
    monkeypatch.setitem(sys.modules, "pilotfish.consumers.memory.problem_vectors", None)
    with (
        pilotfish.connect(kafka="127.0.0.1:1") as pilot,
        pytest.raises(RequirementError, match=r"pilotfish\[services\]"),
    ):
        pilot.memory.search("w1")
