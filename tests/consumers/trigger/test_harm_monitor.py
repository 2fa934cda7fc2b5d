"""The monitor on real servers: hints that do harm are withdrawn once."""

from datetime import timedelta

import pytest
from support.advice.tiny import tiny_bundle

from pilotfish.consumers.trigger.harm_monitor import HarmMonitor
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.promotions import announce, in_service
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.advisors import AdvisorPromoted, AdvisorRolledBack
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.ids import new_id


@pytest.fixture
def promoted(apart: Settings) -> AdvisorPromoted:
    """v2, whose parent is v1, in service."""
    tiny_bundle(apart.models, apart.tenant, "v1")
    bundle = tiny_bundle(apart.models, apart.tenant, "v2", parent="v1")
    return promote(apart, "v2", bundle.checksum)


def promote(settings: Settings, version: str, checksum: str) -> AdvisorPromoted:
    message = AdvisorPromoted(
        tenant=settings.tenant, version=version, checksum=checksum
    )
    announce(settings, message)
    return message


def attempts(
    settings: Settings, count: int, successes: int, *, holdout: bool, old: bool = False
) -> None:
    """Store v2's hints and the labelled attempts that received them."""
    at = utc_now() - timedelta(hours=1) if old else utc_now()
    hints, rows = [], []
    for number in range(count):
        request_id = new_id()
        hints.append([settings.tenant, request_id, at, holdout, "v2"])
        solved = float(number < successes)
        rows.append([settings.tenant, new_id(), 1, solved, at, request_id, holdout])
    database = ClickHouse(settings)
    names = ["tenant", "request_id", "at", "holdout", "advisor_version"]
    database.insert("hints", names, hints)
    names = ["tenant", "attempt_id", "version", "p_success", "started_at"]
    names += ["hint_request_id", "hint_holdout", "hint_advisor"]
    database.insert("attempts", names, [[*row, "v2"] for row in rows])


def run_once(settings: Settings) -> None:
    """Let a new monitor test all tenants, as after a restart."""
    monitor = HarmMonitor(settings, ClickHouse(settings), utc_now)
    try:
        monitor.start()
        monitor.step()
    finally:
        monitor.close()


def test_hints_that_do_harm_bring_the_parent_back_once(
    apart: Settings, promoted: AdvisorPromoted
) -> None:
    attempts(apart, 300, 90, holdout=False)
    attempts(apart, 40, 28, holdout=True)
    run_once(apart)
    now = in_service(apart)[apart.tenant]
    assert isinstance(now, AdvisorRolledBack)
    assert (now.version, now.withdrawn) == ("v1", promoted.version)
    assert now.reason == (
        "hinted 30.0 % of 300, unhinted 70.0 % of 40: worse with confidence"
    )
    run_once(apart)
    assert in_service(apart)[apart.tenant] == now


def test_hints_that_help_stay(apart: Settings, promoted: AdvisorPromoted) -> None:
    attempts(apart, 300, 210, holdout=False)
    attempts(apart, 40, 12, holdout=True)
    run_once(apart)
    assert in_service(apart)[apart.tenant] == promoted


def test_attempts_before_the_promotion_do_not_count(
    apart: Settings, promoted: AdvisorPromoted
) -> None:
    attempts(apart, 300, 90, holdout=False, old=True)
    attempts(apart, 40, 28, holdout=True, old=True)
    run_once(apart)
    assert in_service(apart)[apart.tenant] == promoted


@pytest.mark.parametrize("parent", ["", "lost"])
def test_an_advisor_without_a_parent_stays(apart: Settings, parent: str) -> None:
    bundle = tiny_bundle(apart.models, apart.tenant, "v2", parent=parent)
    message = promote(apart, "v2", bundle.checksum)
    attempts(apart, 300, 90, holdout=False)
    attempts(apart, 40, 28, holdout=True)
    run_once(apart)
    assert in_service(apart)[apart.tenant] == message
