"""The memory of the SDK, on a real ClickHouse."""

import asyncio
import sys

import pytest
from support.advice.labels import label
from support.advice.tiny import tiny_bundle

import pilotfish
from pilotfish.advisors.store import BASE_TENANT
from pilotfish.consumers.memory.problem_vectors import ProblemVectors
from pilotfish.consumers.memory.rows import COLUMNS, row
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import RequirementError


@pytest.fixture
def remembered_id(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> str:
    """The id of a remembered attempt, with an environment in which it is found."""
    tiny_bundle(settings.models, BASE_TENANT, "tiny-1")
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    message, vectors = label(settings.tenant, "w1 w2"), ProblemVectors.of(settings)
    made = row(message, vectors.name, vectors.embed([message.problem])[0], "")
    ClickHouse(settings).insert("memory", COLUMNS, [made])
    return message.attempt_id


def test_a_client_finds_attempts_of_its_tenant(remembered_id: str) -> None:
    with pilotfish.connect() as pilot:
        [attempt] = pilot.memory.search("w2 w1", k=3)
        assert (attempt.attempt_id, attempt.outcome) == (remembered_id, "success")
        assert pilot.memory.search("w2", mode="words") != []
        [same] = pilot.memory.search("w2 w1 \ud83d", k=3)
        assert same.attempt_id == remembered_id
    with pilotfish.connect(tenant="nobody") as pilot:
        assert pilot.memory.search("w2 w1") == []


def test_an_async_client_finds_them_too(remembered_id: str) -> None:
    async def ask() -> list[pilotfish.Remembered]:
        async with pilotfish.connect_async() as pilot:
            return await pilot.memory.search("w1")

    assert [attempt.attempt_id for attempt in asyncio.run(ask())] == [remembered_id]


def test_without_the_extra_the_error_names_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "pilotfish.consumers.memory.search", raising=False)
    monkeypatch.setitem(sys.modules, "pilotfish.consumers.memory.problem_vectors", None)
    with (
        pilotfish.connect(kafka="127.0.0.1:1") as pilot,
        pytest.raises(RequirementError, match=r"pilotfish\[services\]"),
    ):
        pilot.memory.search("w1")
