"""What people say of strategies goes to the topic and to the table, and stays."""

import pytest
from typer.testing import CliRunner

from pilotfish._cli.app import app
from pilotfish._cli.strategy_changes import publish
from pilotfish.runtime.catalogue import catalogue
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import ConfigurationError
from pilotfish.schemas.strategies import StrategyChanged


@pytest.fixture
def found(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Three strategies, as the memory publishes them."""
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    for strategy in ("a", "b", "c"):
        new = StrategyChanged(
            tenant=settings.tenant,
            strategy_id=strategy,
            name=strategy,
            instruction=f"First use {strategy}.",
            moves=(strategy,),
        )
        publish(settings, new, 21)
    return settings


def say(*words: str) -> None:
    done = CliRunner().invoke(app, ["strategies", *words])
    assert done.exit_code == 0, done.exception or done.output


def refused(*words: str) -> str:
    error = CliRunner().invoke(app, ["strategies", *words]).exception
    assert isinstance(error, ConfigurationError)
    return str(error)


def stands(settings: Settings, strategy: str) -> StrategyChanged:
    """Return how a strategy stands; the topic and the table say the same."""
    change = catalogue(settings).of(settings.tenant)[strategy]
    rows = ClickHouse(settings).query(
        "SELECT name, instruction, moves, attempts, standing, merged_into, reason"
        " FROM strategies FINAL WHERE tenant = {t:String} AND strategy = {s:String}",
        {"t": settings.tenant, "s": strategy},
    )
    assert rows == [
        (
            *(change.name, change.instruction, list(change.moves), 21),
            *(change.standing, change.merged_into, change.reason),
        )
    ]
    return change


def test_a_new_name_leaves_the_rest(found: Settings) -> None:
    say("rename", "a", "look\nfirst")
    change = stands(found, "a")
    assert (change.name, change.instruction) == ("look first", "First use a.")
    assert (change.standing, change.reason) == ("offered", "renamed by a person")
    say("rename", "a", "look first", "--instruction", "Look at the tables first.")
    change = stands(found, "a")
    assert change.instruction == "Look at the tables first."
    assert change.reason == "renamed by a person"


def test_retired_and_taken_back_it_keeps_its_name(found: Settings) -> None:
    say("rename", "a", "look first")
    say("retire", "a", "--reason", "too dear")
    change = stands(found, "a")
    assert change.standing == "retired"
    assert change.reason == "renamed by a person; retired by a person: too dear"
    assert "a" not in catalogue(found).offered(found.tenant)
    say("offer", "a")
    change = stands(found, "a")
    assert (change.name, change.standing) == ("look first", "offered")
    assert change.reason == "renamed by a person; offered by a person"


def test_a_renamed_strategy_says_still_why_it_was_retired(found: Settings) -> None:
    say("retire", "a")
    say("rename", "a", "look first")
    assert stands(found, "a").reason == "retired by a person; renamed by a person"


def test_merged_it_is_found_under_the_other(found: Settings) -> None:
    say("merge", "a", "b")
    change = stands(found, "a")
    assert (change.standing, change.merged_into) == ("merged", "b")
    assert change.reason == "merged by a person"
    say("merge", "b", "c")
    assert sorted(catalogue(found).offered(found.tenant)) == ["c"]
    [(current,)] = ClickHouse(found).query(
        "SELECT current FROM strategies_current"
        " WHERE tenant = {t:String} AND strategy = 'a'",
        {"t": found.tenant},
    )
    assert current == "c"


def test_what_makes_no_sense_is_refused(found: Settings) -> None:
    assert "into itself" in refused("merge", "a", "a")
    assert "has no strategy x" in refused("merge", "a", "x")
    say("merge", "a", "b")
    for command in (["retire"], ["offer"], ["rename"], ["merge"]):
        second = [] if command[0] in ("retire", "offer") else ["c"]
        assert "name b, which took its place" in refused(*command, "a", *second)
    assert "name: " in refused("rename", "b", "n" * 201)
    assert stands(found, "b").name == "b"


def test_another_tenant_s_strategies_are_not_touched(found: Settings) -> None:
    assert "has no strategy a" in refused("retire", "a", "--tenant", "nobody")
