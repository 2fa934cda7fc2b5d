"""Labels to rows of the table `memory`."""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pilotfish.schemas.base import micros
from pilotfish.schemas.forgotten import FORGOTTEN
from pilotfish.schemas.labels import AttemptLabelled
from pilotfish.streams.labels.rules import Label


class MemoryRow(NamedTuple):
    """The columns of `memory`."""

    tenant: str
    attempt_id: str
    version: int
    at: int
    problem: str
    problem_type: str
    approach: str
    strategy: str
    agent: str
    asker: str
    p_success: float | None
    abstained: str
    outcome: str
    cost: float
    duration_s: float
    steps: int
    actions: list[str]
    moves: list[str]
    embedder: str
    embedding: list[float]
    cluster: str
    topic_partition: int
    last_offset: int


COLUMNS: Final = MemoryRow._fields

_MOVED: Final = 0.003
"""Changes the similarity of two equal problems by less than 0.00001."""


def newest(labels: Sequence[AttemptLabelled]) -> list[AttemptLabelled]:
    """Return each attempt's label of the highest version, if it may be remembered.

    Labels without a problem are left out, and attempts whose last label withdraws them.
    """
    newest_of: dict[tuple[str, str], AttemptLabelled] = {}
    for label in labels:
        key = label.tenant, label.attempt_id
        previous = newest_of.get(key)
        if not label.problem.strip():
            continue
        if previous is None or label.version >= previous.version:
            newest_of[key] = label
    return [label for label in newest_of.values() if label.abstained != FORGOTTEN]


def row(
    label: AttemptLabelled, embedder: str, vector: NDArray[np.float32], cluster: str
) -> MemoryRow:
    """Return the row of a label."""
    duration = (label.ended_at - label.started_at).total_seconds()
    return MemoryRow(
        tenant=label.tenant,
        attempt_id=label.attempt_id,
        version=label.version,
        at=micros(label.started_at),
        problem=label.problem,
        problem_type=label.problem_type,
        approach=label.approach or "",
        strategy=label.strategy,
        agent=label.agent.name,
        asker=label.asker,
        p_success=label.p_success,
        abstained=label.abstained,
        outcome=outcome(label),
        cost=label.cost,
        duration_s=max(duration, 0.0),
        steps=label.steps,
        actions=list(label.actions),
        moves=list(label.moves),
        embedder=embedder,
        embedding=_moved(vector, label.attempt_id).tolist(),
        cluster=cluster,
        topic_partition=label.partition,
        last_offset=label.offset,
    )


def _moved(vector: NDArray[np.float32], attempt_id: str) -> NDArray[np.float32]:
    """Return the vector moved a little, always the same for an attempt, at length 1.

    The graph of the index takes a minute to build over thousands of equal vectors.
    """
    seed = int.from_bytes(blake2b(attempt_id.encode(), digest_size=8).digest())
    noise = np.random.default_rng(seed).standard_normal(vector.shape, dtype=np.float32)
    moved = vector + noise * (_MOVED / np.linalg.norm(noise))
    return (moved / np.linalg.norm(moved)).astype(np.float32)


def outcome(label: AttemptLabelled) -> str:
    """Return success or failure, or the reason why the label abstains."""
    return Label(label.p_success, label.abstained).outcome or "unknown"
