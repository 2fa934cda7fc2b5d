"""The dataset of a training: a tenant's labelled attempts up to a watermark."""

import hashlib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.texts import plain
from pilotfish.streams.attempts.quality import Course, conduct, quality, typical
from pilotfish.trainers.hint_weight import hint_weight

Split = Literal["train", "validation", "heldout"]

MAX_ATTEMPTS = 5000
"""Newest attempts to read; earlier trainings have learned from older ones."""
SPLIT_SEED = 7
"""The same for all trainings: a held-out problem is never learned from later."""

# The watermark covers every label, even of attempts without problem or approach: the
# trigger counts these as well.
_WATERMARK = """
SELECT topic_partition, max(first_offset) FROM attempts FINAL
WHERE tenant = {tenant:String} AND version > 0 AND p_success IS NOT NULL
GROUP BY topic_partition
"""

_ATTEMPTS = """
SELECT attempt_id, problem, problem_type, tried, p_success,
       hint_approach, hint_propensity, topic_partition, first_offset,
       cost, ifNull(greatest(dateDiff('microsecond', started_at, ended_at), 0), 0) / 1e6,
       steps, repeats, stuck
FROM attempts FINAL
WHERE tenant = {tenant:String} AND version > 0 AND p_success IS NOT NULL
  AND problem != '' AND tried != ''
  AND first_offset <= {offsets:Array(UInt64)}[
      indexOf({partitions:Array(UInt32)}, topic_partition)]
ORDER BY started_at DESC, attempt_id DESC
LIMIT {most:UInt32}
"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One labelled attempt.

    `weight` corrects for how often the advisor chose this approach; 1 without a hint.
    `new` is whether no earlier training had it. `conduct` compares its course with other
    attempts of its problem type, in [0, 1]; `worth` is a filter's decision to learn it.
    """

    attempt_id: str
    problem: str
    problem_type: str
    approach: str
    p_success: float
    weight: float = 1.0
    new: bool = True
    conduct: float = 1.0
    worth: bool = True

    @property
    def quality(self) -> float:
        """The attempt's value as an example, in [0, 1]."""
        return quality(self.p_success, self.conduct)


@dataclass(frozen=True, slots=True)
class Dataset:
    """Attempts, oldest first, and the watermark they reach up to.

    `watermark` is Kafka partition -> highest first_offset of a labelled attempt; labels
    and their revisions are as of `read_at`.
    """

    watermark: Mapping[int, int]
    attempts: tuple[Attempt, ...]
    read_at: datetime

    def split(self, name: Split) -> list[Attempt]:
        """Return the attempts whose problem text falls into a split."""
        return [each for each in self.attempts if split_of(each.problem) == name]

    @property
    def worth(self) -> list[Attempt]:
        """The attempts that are worth learning."""
        return [attempt for attempt in self.attempts if attempt.worth]

    @property
    def approaches(self) -> list[str]:
        """The approaches of all attempts, sorted."""
        return sorted({attempt.approach for attempt in self.attempts})


def split_of(problem: str, seed: int = SPLIT_SEED) -> Split:
    """Return the split of a problem: 65 % train, 10 % validation, 25 % held out.

    The text alone decides, so that all attempts at one problem stay together, in this
    training and in all later ones; case and white space are ignored.
    """
    text = f"{seed}:{plain(problem)}"
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    share = int.from_bytes(digest, "big") / 2**64
    if share < 0.65:
        return "train"
    return "validation" if share < 0.75 else "heldout"


def read(clickhouse: ClickHouse, tenant: str, previous: Mapping[int, int]) -> Dataset:
    """Read the attempts labelled until now; `previous` is the last training's watermark.

    Raises:
        UnavailableError, StorageError: as `ClickHouse.query`.
    """
    read_at = (
        utc_now()
    )  # before reading: labels that arrive meanwhile are learned again
    offsets = clickhouse.query(_WATERMARK, {"tenant": tenant})
    watermark = {int(partition): int(offset) for partition, offset in offsets}
    params = {
        "tenant": tenant,
        "partitions": list(watermark),
        "offsets": list(watermark.values()),
        "most": MAX_ATTEMPTS,
    }
    rows = clickhouse.query(_ATTEMPTS, params) if watermark else []
    candidates = len({row[3] for row in rows})
    courses = [Course(*row[9:]) for row in rows]
    attempts = [
        _attempt(row[:9], candidates, previous, how)
        for row, how in zip(
            rows, conducts([str(row[2]) for row in rows], courses), strict=True
        )
    ]
    return Dataset(watermark, tuple(reversed(attempts)), read_at)


def conducts(kinds: Sequence[str], courses: Sequence[Course]) -> list[float]:
    """Return each attempt's conduct, compared with all of its problem type."""
    by_kind: dict[str, list[Course]] = defaultdict(list)
    for kind, course in zip(kinds, courses, strict=True):
        by_kind[kind].append(course)
    usual = {kind: typical(group) for kind, group in by_kind.items()}
    return [
        conduct(course, usual[kind])
        for kind, course in zip(kinds, courses, strict=True)
    ]


def _attempt(
    row: Sequence[Any], candidates: int, previous: Mapping[int, int], how: float
) -> Attempt:
    attempt_id, problem, problem_type, approach, p_success = row[:5]
    hinted, propensity, partition, offset = row[5:]
    followed = propensity if hinted == approach else None
    return Attempt(
        attempt_id=str(attempt_id),
        problem=str(problem),
        problem_type=str(problem_type),
        approach=str(approach),
        p_success=float(p_success),
        weight=hint_weight(followed, candidates),
        new=int(offset) > previous.get(int(partition), -1),
        conduct=how,
    )


def rehearse(attempts: Sequence[Attempt], most_per_kind: int) -> list[Attempt]:
    """Return the new attempts, and a sample of the older attempts of every kind.

    A hash of their ids decides which attempts are in the sample, so every training
    rehearses the same ones as long as they are read.
    """
    older: dict[str, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        if not attempt.new:
            older[attempt.problem_type].append(attempt)
    kept = {
        attempt.attempt_id
        for kind in older.values()
        for attempt in sorted(kind, key=_id_hash)[:most_per_kind]
    }
    return [each for each in attempts if each.new or each.attempt_id in kept]


def _id_hash(attempt: Attempt) -> bytes:
    return hashlib.blake2b(attempt.attempt_id.encode(), digest_size=8).digest()
