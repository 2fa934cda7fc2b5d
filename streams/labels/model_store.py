"""SnapshotStore of label models in ClickHouse: what was known before an offset.

A batch writes its models before its states. So where states are stored, the snapshot at
their end is stored, too: a reader goes on from the newest snapshot that is not behind the
first event that its attempt has not seen.
"""

import json
from collections.abc import Mapping
from typing import Final

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.streams.attempts.cache import ModelKey
from pilotfish.streams.labels.model import LabelModel

KEPT: Final = 100
"""SnapshotStore of a tenant and partition; a batch is read again from a few before."""

_COLUMNS: Final = ("tenant", "topic_partition", "as_of", "model")
_MODEL: Final = """
SELECT model FROM label_models
WHERE tenant = %(tenant)s AND topic_partition = %(partition)s AND as_of <= %(offset)s
ORDER BY as_of DESC LIMIT 1
"""
_FORGET: Final = f"""
DELETE FROM label_models WHERE (tenant, topic_partition, as_of) NOT IN (
    SELECT tenant, topic_partition, as_of FROM label_models
    ORDER BY as_of DESC LIMIT {KEPT} BY tenant, topic_partition)
"""  # noqa: S608 - of our own numbers


def load_model(clickhouse: ClickHouse, key: ModelKey, offset: int) -> LabelModel:
    """Return what was known before the event at `offset`; raises as `ClickHouse.query`."""
    asked = {"tenant": key[0], "partition": key[1], "offset": offset}
    rows = clickhouse.query(_MODEL, asked)
    return LabelModel.from_json(json.loads(rows[0][0])) if rows else LabelModel()


def write_models(
    clickhouse: ClickHouse,
    models: Mapping[ModelKey, LabelModel],
    ends: Mapping[int, int],
) -> None:
    """Insert models as one block; raises as `ClickHouse.insert`.

    `ends` are partition -> offset behind the batch that the models learned.
    """
    rows = [
        (*key, ends[key[1]], json.dumps(model.to_json()))
        for key, model in models.items()
    ]
    clickhouse.insert("label_models", _COLUMNS, rows)


def forget_old_models(clickhouse: ClickHouse) -> None:
    """Delete all but the newest snapshots; raises as `ClickHouse.command`."""
    clickhouse.command(_FORGET)
