"""The visible record of a training: rows of `trainings`, a progress file, log lines."""

import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import structlog

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.schemas.base import utc_now

_LOG = structlog.get_logger(service="trainers")

_UNFINISHED = """
SELECT training_id, started_at FROM trainings FINAL
WHERE tenant = {tenant:String} AND status = 'started'
"""

# A gain among the gate's numbers shows that the two were compared.
_LOOKS = """
SELECT count() FROM trainings FINAL
WHERE tenant = {tenant:String} AND parent = {parent:String}
  AND status = 'finished' AND JSONHas(metrics, 'gate', 'gain')
"""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the table `trainings`; columns as there."""

    tenant: str
    training_id: str
    started_at: datetime
    status: Literal["started", "finished", "failed"] = "started"
    finished_at: datetime | None = None
    watermark: Mapping[int, int] = field(default_factory=dict)
    attempts: int = 0
    train_attempts: int = 0
    heldout_attempts: int = 0
    parent: str = ""
    version: str = ""
    verdict: Literal["", "promoted", "refused"] = ""
    reason: str = ""
    metrics: Mapping[str, Any] = field(default_factory=dict)


def write_row(clickhouse: ClickHouse, row: Row) -> None:
    """Write the newest state of a training; raises as `ClickHouse.insert`."""
    values = {**asdict(row), "metrics": json.dumps(row.metrics)}
    clickhouse.insert("trainings", list(values), [list(values.values())])


def close_orphaned_trainings(clickhouse: ClickHouse, tenant: str) -> None:
    """Mark unfinished trainings as failed; only the holder of the lock may call this."""
    for training_id, started_at in clickhouse.query(_UNFINISHED, {"tenant": tenant}):
        orphan = Row(tenant, training_id, started_at)
        write_row(
            clickhouse,
            replace(
                orphan, status="failed", finished_at=utc_now(), reason="was killed"
            ),
        )


def earlier_looks(clickhouse: ClickHouse, tenant: str, parent: str) -> int:
    """Return how many candidates were compared with an incumbent before.

    A killed training does not count: its result was never used.
    """
    params = {"tenant": tenant, "parent": parent}
    [(count,)] = clickhouse.query(_LOOKS, params)
    return int(count)


class ProgressFile:
    """`training.json` of a tenant: replaced atomically, so readers never see half of it."""

    def __init__(self, folder: Path, training_id: str, started_at: datetime) -> None:
        self._path = folder / "training.json"
        self._always = {
            "training_id": training_id,
            "started_at": started_at.isoformat(),
        }

    def stage(self, name: str) -> None:
        """Record which stage of the training runs now."""
        _LOG.info("training stage", stage=name, **self._always)
        self._write({"stage": name})

    def step(self, step: int, total: int, loss: float) -> None:
        """Record the progress of the LoRA steps."""
        _LOG.info("training progress", step=step, total=total, loss=round(loss, 4))
        self._write({"stage": "lora", "step": step, "total": total, "loss": loss})

    def _write(self, state: Mapping[str, object]) -> None:
        part = self._path.with_suffix(f".{os.getpid()}.part")
        part.write_text(json.dumps({**self._always, **state}))
        part.replace(self._path)
