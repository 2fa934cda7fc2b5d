"""What was found: counted on a real ClickHouse, compared with what the agent knows."""

from typing import Any

import pytest

from pilotfish.demo.strategies import FoundStrategy, assigned, fit, found_strategies
from pilotfish.demo.tally import Attempted
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings


def attempted(id_: str, solver: str) -> Attempted:
    return Attempted(0, "family", False, solver, False, False, True, 1.0, id_)


def insert(clickhouse: ClickHouse, table: str, **row: Any) -> None:
    clickhouse.insert(table, list(row), [list(row.values())])


def test_what_was_advised_used_and_followed_is_counted(settings: Settings) -> None:
    clickhouse, tenant = ClickHouse(settings), settings.tenant
    for version, (id_, standing) in enumerate(
        [("a", "offered"), ("b", "offered"), ("old", "merged")]
    ):
        insert(
            clickhouse,
            "strategies",
            tenant=tenant,
            strategy=id_,
            name=f"moves of {id_}",
            standing=standing,
            version=version,
        )
    for number, (used, advised, p_success) in enumerate(
        [("a", "a", 1.0), ("a", "", 0.0), ("b", "a", 0.0), ("", "", 1.0)]
    ):
        insert(
            clickhouse,
            "attempts",
            tenant=tenant,
            attempt_id=f"{tenant}-{number}",
            status="succeeded",
            strategy=used,
            hint_approach=advised,
            p_success=p_success,
        )
    assert found_strategies(clickhouse, tenant) == (
        FoundStrategy("a", "moves of a", 2, 1, advised=2, followed=1),
        FoundStrategy("b", "moves of b", 1, 0, advised=0, followed=0),
    )
    assert assigned(clickhouse, tenant)[f"{tenant}-2"] == "b"
    clickhouse.close()


def test_a_solver_is_found_if_one_strategy_is_mostly_it_and_has_most_of_it() -> None:
    solvers = {"1": "smt", "2": "smt", "3": "search", "4": "algebra", "5": "algebra"}
    strategies = {"1": "a", "2": "a", "3": "a", "4": "b", "5": "c"}
    result = fit([attempted(*pair) for pair in solvers.items()], strategies)
    assert result.solvers == {"a": "smt", "b": "algebra", "c": "algebra"}
    assert result.found == ("smt",)
    assert 0 < result.ami < 1


def test_strategies_that_tell_the_solvers_fit_completely() -> None:
    attempts = [attempted(str(n), "even" if n % 2 == 0 else "odd") for n in range(20)]
    result = fit(attempts, {str(n): f"s{n % 2}" for n in range(20)})
    assert result.ami == pytest.approx(1.0)
    assert result.found == ("even", "odd")


def test_attempts_without_a_strategy_count_against_the_fit() -> None:
    attempts = [attempted(str(n), "even" if n % 2 == 0 else "odd") for n in range(20)]
    result = fit(attempts, {str(n): f"s{n % 2}" for n in range(8)})
    assert result.ami < 0.7
    assert result.found == ()


def test_without_attempts_nothing_fits() -> None:
    assert fit([], {}).found == ()
