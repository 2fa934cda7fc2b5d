"""Snapshots of label models in ClickHouse: each holds what was learned before an offset.

A batch writes its models before its states. So if its states are stored, the snapshot at
its end is stored, too: a reader continues with the newest snapshot at or before the first
event that its attempt has not seen.
"""

import json
from collections.abc import Mapping
from typing import Final, NamedTuple

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.streams.attempts.cache import ModelKey
from pilotfish.streams.labels.model import LabelModel

KEPT: Final = 100
"""Snapshots per tenant and partition; a crash needs only one of the latest few."""


class LabelModelRow(NamedTuple):
    """A row of `label_models`: a model as JSON, before the event at `as_of`."""

    tenant: str
    topic_partition: int
    as_of: int
    model: str


_MODEL: Final = """
SELECT model FROM label_models
WHERE tenant = %(tenant)s AND topic_partition = %(partition)s AND as_of <= %(offset)s
ORDER BY as_of DESC LIMIT 1
"""
_FORGET: Final = f"""
DELETE FROM label_models WHERE (tenant, topic_partition, as_of) NOT IN (
    SELECT tenant, topic_partition, as_of FROM label_models
    ORDER BY as_of DESC LIMIT {KEPT} BY tenant, topic_partition)
"""  # noqa: S608 - of our own number


def load_model(clickhouse: ClickHouse, key: ModelKey, offset: int) -> LabelModel:
    """Return the model before the event at `offset`; raises as `ClickHouse.query`."""
    tenant, partition = key
    parameters = {"tenant": tenant, "partition": partition, "offset": offset}
    rows = clickhouse.query(_MODEL, parameters)
    return LabelModel.from_json(json.loads(rows[0][0])) if rows else LabelModel()


def write_models(
    clickhouse: ClickHouse,
    models: Mapping[ModelKey, LabelModel],
    ends: Mapping[int, int],
) -> None:
    """Insert models as one block; raises as `ClickHouse.insert`.

    `ends` maps a partition to the offset after the batch that the models learned.
    """
    rows = [
        LabelModelRow(*key, as_of=ends[key[1]], model=json.dumps(model.to_json()))
        for key, model in models.items()
    ]
    clickhouse.insert("label_models", LabelModelRow._fields, rows)


def forget_old_models(clickhouse: ClickHouse) -> None:
    """Delete all but the newest snapshots; raises as `ClickHouse.command`."""
    clickhouse.command(_FORGET)
