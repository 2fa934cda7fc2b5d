from typing import Any

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.streams.labels.model import LabelModel
from pilotfish.streams.labels.model_store import (
    KEPT,
    forget_old_models,
    load_model,
    write_models,
)


def taught(attempts: int) -> LabelModel:
    model = LabelModel()
    for number in range(attempts):
        model.learn({"judge": bool(number % 3), "tests": bool(number % 2)})
    return model


def test_the_newest_snapshot_at_or_before_an_offset_is_loaded(
    clickhouse: Any, settings: Settings
) -> None:
    key = settings.tenant, 3
    for attempts, end in ((5, 10), (9, 20)):
        write_models(clickhouse, {key: taught(attempts)}, {3: end})
    assert load_model(clickhouse, key, 9) == LabelModel()
    assert load_model(clickhouse, key, 10) == taught(5)
    assert load_model(clickhouse, key, 19) == taught(5)
    assert load_model(clickhouse, key, 20) == taught(9)
    assert load_model(clickhouse, (settings.tenant, 2), 20) == LabelModel()
    assert load_model(clickhouse, ("nobody", 3), 20) == LabelModel()


def test_the_newest_hundred_snapshots_are_kept(settings: Settings) -> None:
    clickhouse = ClickHouse(settings)
    for partition in (0, 1):
        for end in range(1, KEPT + 11):
            key = settings.tenant, partition
            write_models(clickhouse, {key: taught(end % 3)}, {partition: end})
    forget_old_models(clickhouse)
    parameters = {"tenant": settings.tenant}
    count = (
        "SELECT count(), min(as_of) FROM label_models WHERE tenant = {tenant:String}"
    )
    assert clickhouse.query(count, parameters) == [(2 * KEPT, 11)]
    assert load_model(clickhouse, (settings.tenant, 0), 10) == LabelModel()
