"""Waiting for the attempts of a log."""

from collections.abc import Mapping
from typing import Any

import pytest

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.progress import ended_attempts, new_labels, wait_for_attempts
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.ids import log_id

IDS = [log_id(b"log!", number, b"digest!!") for number in range(2500)]


class Arriving(ClickHouse):
    """Has some more of the attempts at each question; every tenth has no label."""

    def __init__(self, each_time: int, most: int = len(IDS)) -> None:
        self._each_time, self._most = each_time, most
        self._there = 0

    def query(
        self, sql: str, parameters: Mapping[str, Any] | None = None
    ) -> list[tuple[Any, ...]]:
        assert parameters
        self._there = min(self._most, self._there + self._each_time)
        asked = set(parameters["attempt_ids"])
        there = enumerate(IDS[: self._there])
        return [(name, n % 10 != 0) for n, name in there if name in asked]


def test_all_are_waited_for_however_long_it_takes_while_some_come() -> None:
    told: list[int] = []
    ended, labelled = wait_for_attempts(
        Arriving(100), "t", IDS, within_s=1.0, on_ended=told.append, tick=lambda _: None
    )
    assert (ended, labelled) == (2500, 2250)
    assert sum(told) == 2500


def test_waiting_ends_where_no_more_come() -> None:
    ticks: list[float] = []
    waited = wait_for_attempts(
        Arriving(2000, most=1500), "t", IDS, within_s=5.0, tick=ticks.append
    )
    assert waited == (1500, 1350)
    assert 5.0 <= sum(ticks) <= 6.0


def test_nothing_is_not_waited_for() -> None:
    assert wait_for_attempts(Arriving(1), "t", [], 1.0) == (0, 0)


@pytest.mark.parametrize(
    ("row", "known"),
    [
        ({"ended": True, "status": "succeeded", "p_success": 1.0}, {IDS[1]: True}),
        ({"ended": True, "status": "unknown"}, {IDS[1]: False}),
        ({"ended": True, "status": "forgotten"}, {IDS[1]: False}),
        ({"ended": True, "status": "abandoned"}, {}),
        ({"ended": False}, {}),
    ],
)
def test_an_attempt_is_known_once_it_has_ended(
    settings: Settings, row: dict[str, object], known: dict[str, bool]
) -> None:
    clickhouse = ClickHouse(settings)
    row = {
        "tenant": settings.tenant,
        "attempt_id": IDS[1],
        "last_event_at": utc_now(),
    } | row
    clickhouse.insert("attempts", list(row), [list(row.values())])
    assert ended_attempts(clickhouse, settings.tenant, IDS[:3]) == known
    assert ended_attempts(clickhouse, "another", IDS[:3]) == {}


@pytest.mark.parametrize(
    ("row", "count"),
    [
        ({"approach": "plan"}, 1),
        ({"strategy": "read-grid-1", "moves": ["read_grid"]}, 1),
        ({"moves": ["read_grid"]}, 0),
        ({}, 1),
    ],
)
def test_an_attempt_is_new_once_a_training_can_learn_it(
    settings: Settings, row: dict[str, object], count: int
) -> None:
    clickhouse = ClickHouse(settings)
    row = {
        "tenant": settings.tenant,
        "attempt_id": IDS[1],
        "p_success": 1.0,
        "version": 1,
    } | row
    clickhouse.insert("attempts", list(row), [list(row.values())])
    assert new_labels(clickhouse, settings.tenant) == count
