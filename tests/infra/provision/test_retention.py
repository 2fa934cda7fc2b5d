from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.polling import eventually

from pilotfish._local.platform import prepare
from pilotfish.infra.provision.migrations import migrate
from pilotfish.infra.provision.retention import (
    DEFAULT_DAYS,
    MOST_DAYS,
    apply_retention,
    parsed,
)
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.errors import ConfigurationError

AGED = {
    "attempts",
    "dead_letters",
    "events",
    "hints",
    "memory",
    "window_counts_by_partition",
}


@pytest.fixture
def apart(settings: Settings) -> Settings:
    """The shared servers with an empty database that no other test writes to."""
    name = "d_" + settings.tenant.replace("-", "_")
    ClickHouse(settings).command(f"CREATE DATABASE {name}")
    return settings.model_copy(update={"clickhouse_database": name})


def ttls(settings: Settings) -> dict[str, int]:
    """Return the days of each table with a TTL, as ClickHouse reports them."""
    return dict(
        ClickHouse(settings).query(
            "SELECT name, toUInt32(extract(create_table_query, 'toIntervalDay.([0-9]+)'))"
            " FROM system.tables WHERE database = currentDatabase()"
            " AND engine_full LIKE '% TTL %'"
        )
    )


def test_prepare_sets_the_ttl_from_the_setting(apart: Settings) -> None:
    prepare(apart)
    others = ttls(apart)
    assert others.items() >= dict.fromkeys(AGED, DEFAULT_DAYS).items()
    assert set(others.values()) == {DEFAULT_DAYS}, "else a DDL file says otherwise"
    set_to = apart.model_copy(update={"retention": "events=90, memory = 30"})
    prepare(set_to)
    assert ttls(apart) == others | {"events": 90, "memory": 30}
    prepare(apart)
    assert ttls(apart) == others


def test_only_tables_whose_ttl_differs_are_altered(apart: Settings) -> None:
    clickhouse = ClickHouse(apart)
    migrate(clickhouse)
    assert apply_retention(clickhouse, "") == {}
    assert apply_retention(clickhouse, "hints=7") == {"hints": 7}
    assert apply_retention(clickhouse, "hints=7") == {}


def test_older_rows_are_deleted(apart: Settings) -> None:
    clickhouse = ClickHouse(apart)
    migrate(clickhouse)
    ages = [(str(days), utc_now() - timedelta(days=days)) for days in (1, 20, 100)]
    clickhouse.insert("events", ("event_id", "inserted_at"), ages)
    apply_retention(clickhouse, "events=30")
    eventually(
        lambda: clickhouse.query("SELECT event_id FROM events ORDER BY event_id"),
        [("1",), ("20",)],
    )


@pytest.mark.parametrize(
    "text",
    [
        "events",
        "events=",
        "events=0",
        "events=-1",
        "events=1.5",
        "events=90d",
        "=3",
        "events=1,,hints=2",
        "events=1;hints=2",
        "events=1,events=2",
        ",",
        f"events={MOST_DAYS + 1}",
    ],
)
def test_a_malformed_retention_is_refused(settings: Settings, text: str) -> None:
    with pytest.raises(ConfigurationError, match="write events=90,memory=30"):
        prepare(settings.model_copy(update={"retention": text}))


def test_a_table_without_a_ttl_is_refused(apart: Settings) -> None:
    with pytest.raises(
        ConfigurationError, match="names forgotten, letters: the tables"
    ):
        prepare(apart.model_copy(update={"retention": "letters=3,forgotten=4,hints=2"}))
    assert set(ttls(apart).values()) == {DEFAULT_DAYS}


@given(st.dictionaries(st.sampled_from(sorted(AGED)), st.integers(1, MOST_DAYS)))
def test_a_valid_retention_is_parsed(days: dict[str, int]) -> None:
    assert parsed(",".join(f"{table}={n}" for table, n in days.items())) == days
