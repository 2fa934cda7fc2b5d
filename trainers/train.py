"""One training of one tenant: the lock, the dataset, the verdict, the record of it."""

from dataclasses import replace

from pilotfish.advisors.store import ModelStore
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.progress import progress
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.errors import NothingToLearnError
from pilotfish.schemas.ids import new_id
from pilotfish.trainers.dataset import Dataset, read
from pilotfish.trainers.record import (
    ProgressFile,
    Row,
    close_orphaned_trainings,
    write_row,
)
from pilotfish.trainers.training_packages import training_packages

MIN_TRAIN = 50
"""Attempts in the train split below which nothing is learned."""


def train(settings: Settings, tenant: str) -> Row:
    """Train, judge and perhaps promote; returns the training's last row.

    Everything up to the watermark counts as learned from then on, also when the
    candidate was refused or there was nothing to learn.

    Raises:
        TrainingBusyError: another training of the tenant runs.
        PilotfishError: anything else that failed; the row then says so.
    """
    store, clickhouse = ModelStore(settings.models), ClickHouse(settings)
    with store.training_lock(tenant):
        close_orphaned_trainings(clickhouse, tenant)
        row = Row(tenant, new_id(), utc_now())
        write_row(clickhouse, row)
        seen = ProgressFile(store.folder(tenant), row.training_id, row.started_at)
        try:
            seen.stage("dataset")
            dataset = read(clickhouse, tenant, progress(clickhouse, tenant).watermark)
            row = _counted(row, dataset)
            _require_both_outcomes(dataset)
            seen.stage("loading")
            # Torch and its kin load for 15 s: not before it is known that they are needed.
            with training_packages("a training"):
                from pilotfish.trainers.learn import learn

            row = learn(settings, dataset, row, seen)
        except NothingToLearnError as nothing:
            row = replace(row, verdict="refused", reason=str(nothing))
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            _end(clickhouse, seen, replace(row, status="failed", reason=reason))
            raise
        return _end(clickhouse, seen, replace(row, status="finished"))


def _end(clickhouse: ClickHouse, seen: ProgressFile, row: Row) -> Row:
    row = replace(row, finished_at=utc_now())
    seen.stage(row.verdict or row.status)
    write_row(clickhouse, row)
    return row


def _counted(row: Row, dataset: Dataset) -> Row:
    return replace(
        row,
        watermark=dataset.watermark,
        attempts=len(dataset.attempts),
        train_attempts=len(dataset.split("train")),
        heldout_attempts=len(dataset.split("heldout")),
    )


def _require_both_outcomes(dataset: Dataset) -> None:
    outcomes = [one.p_success >= 0.5 for one in dataset.split("train")]
    if len(outcomes) < MIN_TRAIN:
        raise NothingToLearnError(
            f"{len(outcomes)} attempts to learn from, {MIN_TRAIN} needed"
        )
    if all(outcomes) or not any(outcomes):
        raise NothingToLearnError("all attempts ended alike: there is nothing to tell")
