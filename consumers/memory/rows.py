"""Labels to rows of the table `memory`."""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from pilotfish.schemas.base import micros
from pilotfish.schemas.forgotten import FORGOTTEN
from pilotfish.schemas.labels import AttemptLabelled
from pilotfish.streams.labels.rules import Label

COLUMNS: Final = (
    *("tenant", "attempt_id", "version", "at", "problem", "problem_type", "approach"),
    *("agent", "asker", "p_success", "abstained", "outcome", "cost", "duration_s"),
    *("steps", "actions", "embedder", "embedding", "cluster", "topic_partition"),
    "last_offset",
)


def newest(labels: Sequence[AttemptLabelled]) -> list[AttemptLabelled]:
    """Return of each attempt the label of the highest version, where it may be kept.

    Not kept is what has no problem, and what the attempt's last label takes back.
    """
    kept: dict[tuple[str, str], AttemptLabelled] = {}
    for label in labels:
        key = label.tenant, label.attempt_id
        known = kept.get(key)
        if label.problem.strip() and (known is None or label.version >= known.version):
            kept[key] = label
    return [label for label in kept.values() if label.abstained != FORGOTTEN]


def row(
    label: AttemptLabelled, embedder: str, vector: NDArray[np.float32], cluster: str
) -> tuple[Any, ...]:
    """Return the row of a label, its values in the order of `COLUMNS`."""
    duration = (label.ended_at - label.started_at).total_seconds()
    # fmt: off
    return (
        label.tenant, label.attempt_id, label.version, micros(label.started_at),
        label.problem, label.problem_type, label.approach or "", label.agent.name,
        label.asker, label.p_success, label.abstained, outcome(label), label.cost,
        max(duration, 0.0), label.steps, list(label.actions), embedder,
        vector.tolist(), cluster, label.partition, label.offset,
    )
    # fmt: on


def outcome(label: AttemptLabelled) -> str:
    """Return success or failure, or why the label abstains."""
    return Label(label.p_success, label.abstained).outcome or "unknown"
