"""One training of one tenant: lock, dataset, verdict and record."""

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
"""Attempts needed in the train split."""


def train(settings: Settings, tenant: str) -> Row:
    """Train, judge and perhaps promote; return the training's last row.

    Everything up to the watermark counts as learned from then on, even if the candidate
    was refused or there was nothing to learn.

    Raises:
        TrainingBusyError: another training of the tenant runs.
        PilotfishError: the training failed; its row has the reason.
    """
    store, clickhouse = ModelStore(settings.models), ClickHouse(settings)
    with store.training_lock(tenant):
        close_orphaned_trainings(clickhouse, tenant)
        row = Row(tenant, new_id(), utc_now())
        write_row(clickhouse, row)
        progress_file = ProgressFile(
            store.folder(tenant), row.training_id, row.started_at
        )
        try:
            progress_file.stage("dataset")
            dataset = read(clickhouse, tenant, progress(clickhouse, tenant).watermark)
            row = _with_counts(row, dataset)
            _require_both_outcomes(dataset)
            progress_file.stage("loading")
            # Importing torch takes 15 s: only when there is something to learn.
            with training_packages("a training"):
                from pilotfish.trainers.learn import learn

            row = learn(settings, dataset, row, progress_file)
        except NothingToLearnError as nothing:
            row = replace(row, verdict="refused", reason=str(nothing))
        except Exception as error:
            reason = f"{type(error).__name__}: {error}"
            failed = replace(row, status="failed", reason=reason)
            _end(clickhouse, progress_file, failed)
            raise
        return _end(clickhouse, progress_file, replace(row, status="finished"))


def _end(clickhouse: ClickHouse, progress_file: ProgressFile, row: Row) -> Row:
    row = replace(row, finished_at=utc_now())
    progress_file.stage(row.verdict or row.status)
    write_row(clickhouse, row)
    return row


def _with_counts(row: Row, dataset: Dataset) -> Row:
    return replace(
        row,
        watermark=dataset.watermark,
        attempts=len(dataset.attempts),
        train_attempts=len(dataset.split("train")),
        heldout_attempts=len(dataset.split("heldout")),
    )


def _require_both_outcomes(dataset: Dataset) -> None:
    outcomes = [attempt.p_success >= 0.5 for attempt in dataset.split("train")]
    if len(outcomes) < MIN_TRAIN:
        raise NothingToLearnError(
            f"{len(outcomes)} attempts to learn from, {MIN_TRAIN} needed"
        )
    if all(outcomes) or not any(outcomes):
        raise NothingToLearnError(
            "all attempts to learn from ended the same way: there is nothing to predict"
        )
