from dataclasses import replace

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.ids import new_id
from pilotfish.trainers.record import Row, earlier_looks, write_row

GATE = {"gate": {"gain": 0.01, "p_value": 0.2, "look": 1.0, "allowed": 0.05}}


def test_only_finished_comparisons_with_this_incumbent_are_looks(
    settings: Settings,
) -> None:
    clickhouse, tenant = ClickHouse(settings), settings.tenant
    plain = Row(tenant, "", utc_now(), "finished", parent="v1", metrics=GATE)
    rows = [
        replace(plain, verdict="refused"),
        replace(plain, verdict="promoted", version="v2"),
        replace(plain, parent="v2"),
        replace(plain, status="failed"),
        replace(plain, metrics={"gate": {"heldout": 3.0}}),
        replace(plain, metrics={}),
        replace(plain, tenant=f"{tenant}-other"),
    ]
    for row in rows:
        write_row(clickhouse, replace(row, training_id=new_id()))
    assert earlier_looks(clickhouse, tenant, "v1") == 2
    assert earlier_looks(clickhouse, tenant, "v2") == 1
    assert earlier_looks(clickhouse, tenant, "v3") == 0
