from datetime import timedelta

from pilotfish.consumers.trigger.lift import Lift
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.service.metrics import LIFT, LIFT_HIGH, LIFT_LOW, LIFT_TENANTS
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.ids import new_id


def asked(settings: Settings, tenant: str, advised: int, holdout: int) -> None:
    """Store labelled attempts that asked for advice: the advised ones succeeded."""
    columns = (
        *("tenant", "attempt_id", "version", "p_success", "started_at"),
        *("hint_request_id", "hint_holdout"),
    )
    rows = [
        (tenant, new_id(), 1, float(not out), utc_now(), new_id(), out)
        for out in [False] * advised + [True] * holdout
    ]
    ClickHouse(settings).insert("attempts", columns, rows)


def shown(gauge: object = LIFT) -> dict[str, float]:
    [family] = gauge.collect()  # type: ignore[attr-defined]
    return {sample.labels["tenant"]: sample.value for sample in family.samples}


def test_the_tenants_with_most_attempts_are_told_with_their_intervals(
    apart: Settings,
) -> None:
    for number in range(LIFT_TENANTS + 1):
        asked(apart, f"t{number}", 3 + number, 2)
    Lift(ClickHouse(apart), utc_now).step()
    assert shown() == {f"t{number}": 1.0 for number in range(1, LIFT_TENANTS + 1)}
    for tenant in shown():
        assert -1 < shown(LIFT_LOW)[tenant] < 1.0 <= shown(LIFT_HIGH)[tenant]


def test_it_is_asked_once_a_minute_and_forgets_who_is_gone(apart: Settings) -> None:
    now = utc_now()
    lift = Lift(ClickHouse(apart), lambda: now)
    asked(apart, "a", 1, 1)
    lift.step()
    assert set(shown()) == {"a"}
    ClickHouse(apart).command("TRUNCATE TABLE attempts")
    asked(apart, "b", 1, 1)
    now += timedelta(seconds=59)
    lift.step()
    assert set(shown()) == {"a"}
    now += timedelta(seconds=1)
    lift.step()
    assert set(shown()) == {"b"}
