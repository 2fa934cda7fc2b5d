"""A repeated question is a signal that the earlier attempt did not help its asker.

Two attempts of one asker are the same question where the later began after the earlier
ended, within an hour of its start, and the cosine of their problems is at least
`SAME_QUESTION`. Labels arrive in any order, so each is compared with earlier and later
attempts. The signal's id derives from the earlier attempt: repeats, replays and several
workers all produce the same signal.
"""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.schemas.base import micros, moment
from pilotfish.schemas.events import SignalRecorded
from pilotfish.schemas.labels import AttemptLabelled

SAME_QUESTION: Final = 0.85
"""Cosine, chosen on `intercode_sql`: see "Asking again" in docs/decisions.md."""

_WITHIN: Final = timedelta(hours=1)
_US: Final = 1_000_000
_NAMESPACE: Final = uuid.UUID("0b7c1c5e-6a0e-4c55-9a3a-7c0b8f1f6d21")

_OF_ASKERS: Final = """
SELECT tenant, asker, attempt_id, toUnixTimestamp64Micro(at),
    toUnixTimestamp64Micro(at) + toInt64(duration_s * 1000000), topic_partition, embedding
FROM memory
WHERE tenant IN %(tenants)s AND asker IN %(askers)s AND embedder = %(embedder)s
    AND at BETWEEN fromUnixTimestamp64Micro(%(first)s) AND fromUnixTimestamp64Micro(%(last)s)
ORDER BY last_offset DESC LIMIT 1 BY tenant, attempt_id
"""


class Question(NamedTuple):
    """An attempt as a question: its asker, its time in microseconds, and its vector."""

    tenant: str
    asker: str
    attempt_id: str
    began_us: int
    ended_us: int
    partition: int
    vector: NDArray[np.float32]

    @property
    def key(self) -> tuple[str, str]:
        """What identifies the attempt."""
        return self.tenant, self.attempt_id


class AskedAgain(NamedTuple):
    """A signal, and the partition of the events of the attempt it is about."""

    signal: SignalRecorded
    partition: int


def asked_again(
    clickhouse: ClickHouse, labels: Iterable[AttemptLabelled], embedder: str
) -> list[AskedAgain]:
    """Return a signal for each attempt whose question was repeated, as these labels show.

    The labels' rows must be in the table. Raises as `ClickHouse.query`.
    """
    labels = [label for label in labels if label.asker]
    if not labels:
        return []
    new = {(label.tenant, label.attempt_id) for label in labels}
    signalled = {(each.tenant, each.attempt_id) for each in labels if _signalled(each)}
    signals = {}
    for group in _by_asker(_remembered(clickhouse, labels, embedder)):
        for earlier, later in pairs(group):
            if earlier.key not in signalled and {earlier.key, later.key} & new:
                signals[earlier.key] = _signal(earlier, later)
    return list(signals.values())


def pairs(questions: Sequence[Question]) -> Iterator[tuple[Question, Question]]:
    """Yield (earlier, later) for each question of one asker and its first repetition."""
    ordered = sorted(questions, key=lambda each: (each.began_us, each.attempt_id))
    for number, earlier in enumerate(ordered):
        for later in ordered[number + 1 :]:
            if _same_question(earlier, later):
                yield earlier, later
                break


def _same_question(earlier: Question, later: Question) -> bool:
    in_time = earlier.ended_us <= later.began_us <= earlier.began_us + _us(_WITHIN)
    return in_time and float(earlier.vector @ later.vector) >= SAME_QUESTION


def _remembered(
    clickhouse: ClickHouse, labels: Sequence[AttemptLabelled], embedder: str
) -> list[Question]:
    """Return the questions of these labels' askers around the times of the labels."""
    times = [micros(label.started_at) for label in labels]
    params = {
        "tenants": tuple({label.tenant for label in labels}),
        "askers": tuple({label.asker for label in labels}),
        "embedder": embedder,
        "first": min(times) - _us(_WITHIN),
        "last": max(times) + _us(_WITHIN),
    }
    rows = clickhouse.query(_OF_ASKERS, params)
    return [
        Question(*row)._replace(vector=np.asarray(row[-1], np.float32)) for row in rows
    ]


def _signalled(label: AttemptLabelled) -> bool:
    return any(evidence.kind == "retry" for evidence in label.evidence)


def _by_asker(questions: Iterable[Question]) -> Iterable[list[Question]]:
    groups: dict[tuple[str, str], list[Question]] = {}
    for question in questions:
        groups.setdefault((question.tenant, question.asker), []).append(question)
    return groups.values()


def _signal(earlier: Question, later: Question) -> AskedAgain:
    key = f"{earlier.tenant}/{earlier.attempt_id}"
    signal = SignalRecorded(
        event_id=f"again-{uuid.uuid5(_NAMESPACE, key)}",
        tenant=earlier.tenant,
        attempt_id=earlier.attempt_id,
        at=moment(later.began_us),
        kind="retry",
        detail="the same asker asked the same again",  # no id: that attempt may be forgotten
    )
    return AskedAgain(signal, earlier.partition)


def _us(span: timedelta) -> int:
    return int(span.total_seconds()) * _US
