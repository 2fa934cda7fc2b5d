from datetime import timedelta

from pilotfish.consumers.trigger.lift import Lift
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.service.metrics import LIFT, LIFT_HIGH, LIFT_LOW, LIFT_TENANTS
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.ids import new_id


def store_attempts(settings: Settings, tenant: str, advised: int, holdout: int) -> None:
    """Store labelled attempts that requested advice; the advised ones succeeded."""
    columns = (
        "tenant",
        "attempt_id",
        "version",
        "p_success",
        "started_at",
        "hint_request_id",
        "hint_holdout",
    )
    rows = [
        (tenant, new_id(), 1, float(not out), utc_now(), new_id(), out)
        for out in [False] * advised + [True] * holdout
    ]
    ClickHouse(settings).insert("attempts", columns, rows)


def values(gauge: object = LIFT) -> dict[str, float]:
    [family] = gauge.collect()  # type: ignore[attr-defined]
    return {sample.labels["tenant"]: sample.value for sample in family.samples}


def test_the_metric_has_the_tenants_with_most_attempts_and_their_intervals(
    apart: Settings,
) -> None:
    for number in range(LIFT_TENANTS + 1):
        store_attempts(apart, f"t{number}", 3 + number, 2)
    Lift(ClickHouse(apart), utc_now).step()
    assert values() == {f"t{number}": 1.0 for number in range(1, LIFT_TENANTS + 1)}
    for tenant in values():
        assert -1 < values(LIFT_LOW)[tenant] < 1.0 <= values(LIFT_HIGH)[tenant]


def test_the_metric_is_updated_once_a_minute_and_drops_old_tenants(
    apart: Settings,
) -> None:
    now = utc_now()
    lift = Lift(ClickHouse(apart), lambda: now)
    store_attempts(apart, "a", 1, 1)
    lift.step()
    assert set(values()) == {"a"}
    ClickHouse(apart).command("TRUNCATE TABLE attempts")
    store_attempts(apart, "b", 1, 1)
    now += timedelta(seconds=59)
    lift.step()
    assert set(values()) == {"a"}
    now += timedelta(seconds=1)
    lift.step()
    assert set(values()) == {"b"}
