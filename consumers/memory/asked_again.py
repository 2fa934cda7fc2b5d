"""Who asks the same again was not served: a signal to the attempt before.

Two attempts of one asker are the same question where the later began after the earlier
ended, within an hour of its start, and the cosine of their problems is at least
`SAME_QUESTION`. Labels come in any order, so each is compared with those before it and
those after it. The signal's id follows from the earlier attempt: however often it is
asked again, replayed or found by two workers, it is one signal.
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
"""Chosen on `intercode_sql`: see "Asking again" in docs/decisions.md."""

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


class Asked(NamedTuple):
    """An attempt as a question: when it began and ended, in microseconds, and what of."""

    tenant: str
    asker: str
    attempt_id: str
    began_us: int
    ended_us: int
    partition: int
    vector: NDArray[np.float32]

    @property
    def key(self) -> tuple[str, str]:
        """What tells this attempt from all others."""
        return self.tenant, self.attempt_id


class AskedAgain(NamedTuple):
    """A signal, and the partition of the events of the attempt it is about."""

    signal: SignalRecorded
    partition: int


def asked_again(
    clickhouse: ClickHouse, labels: Iterable[AttemptLabelled], embedder: str
) -> list[AskedAgain]:
    """Return a signal for each attempt that one of these labels shows to be asked again.

    The labels' rows must be in the table. Raises as `ClickHouse.query`.
    """
    asking = [label for label in labels if label.asker]
    if not asking:
        return []
    fresh = {(label.tenant, label.attempt_id) for label in asking}
    told = {(label.tenant, label.attempt_id) for label in asking if _told(label)}
    signals = {}
    for group in _by_asker(_known(clickhouse, asking, embedder)):
        for earlier, later in pairs(group):
            if earlier.key not in told and {earlier.key, later.key} & fresh:
                signals[earlier.key] = _signal(earlier, later)
    return list(signals.values())


def pairs(asked: Sequence[Asked]) -> Iterator[tuple[Asked, Asked]]:
    """Yield (earlier, later) for each attempt of one asker and the first that repeats it."""
    ordered = sorted(asked, key=lambda one: (one.began_us, one.attempt_id))
    for number, earlier in enumerate(ordered):
        for later in ordered[number + 1 :]:
            if _same_question(earlier, later):
                yield earlier, later
                break


def _same_question(earlier: Asked, later: Asked) -> bool:
    in_time = earlier.ended_us <= later.began_us <= earlier.began_us + _us(_WITHIN)
    return in_time and float(earlier.vector @ later.vector) >= SAME_QUESTION


def _known(
    clickhouse: ClickHouse, asking: Sequence[AttemptLabelled], embedder: str
) -> list[Asked]:
    times = [micros(label.started_at) for label in asking]
    parameters = {
        "tenants": tuple({label.tenant for label in asking}),
        "askers": tuple({label.asker for label in asking}),
        "embedder": embedder,
        "first": min(times) - _us(_WITHIN),
        "last": max(times) + _us(_WITHIN),
    }
    rows = clickhouse.query(_OF_ASKERS, parameters)
    return [
        Asked(*row)._replace(vector=np.asarray(row[-1], np.float32)) for row in rows
    ]


def _told(label: AttemptLabelled) -> bool:
    return any(one.kind == "retry" for one in label.evidence)


def _by_asker(asked: Iterable[Asked]) -> Iterable[list[Asked]]:
    groups: dict[tuple[str, str], list[Asked]] = {}
    for one in asked:
        groups.setdefault((one.tenant, one.asker), []).append(one)
    return groups.values()


def _signal(earlier: Asked, later: Asked) -> AskedAgain:
    key = f"{earlier.tenant}/{earlier.attempt_id}"
    signal = SignalRecorded(
        event_id=f"again-{uuid.uuid5(_NAMESPACE, key)}",
        tenant=earlier.tenant,
        attempt_id=earlier.attempt_id,
        at=moment(later.began_us),
        kind="retry",
        detail="the same asker asked the same again",  # which attempt may be forgotten
    )
    return AskedAgain(signal, earlier.partition)


def _us(span: timedelta) -> int:
    return int(span.total_seconds()) * _US
