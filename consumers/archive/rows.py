"""Messages to rows of the archive's tables: one table a topic, one row a message.

Times are whole microseconds since 1970, as DateTime64(6) counts them.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, Final, NamedTuple

from pilotfish.consumers.archive.event_rows import EventRow, event_row
from pilotfish.runtime.archived_offsets import TABLE_OF
from pilotfish.runtime.forgotten import ANY
from pilotfish.schemas.advice import HintGiven
from pilotfish.schemas.base import micros
from pilotfish.schemas.dead import DeadLetter
from pilotfish.schemas.keys import AttemptKey
from pilotfish.schemas.topics import ADVICE_REPLIES, DEAD, EVENTS, Topic


class HintRow(NamedTuple):
    """The columns of `hints`."""

    tenant: str
    request_id: str
    client_id: str
    attempt_id: str
    at: int
    approach: str
    text: str
    kind: str
    confidence: float | None
    candidates: list[tuple[str, float, float]]
    evidence: list[tuple[str, float, float]]
    abstained: str
    holdout: bool
    advisor_version: str
    latency_ms: float
    topic_partition: int
    topic_offset: int

    def about(self) -> tuple[AttemptKey, ...]:
        """Return the attempt that the hint was for."""
        return ((self.tenant, self.attempt_id),)

    @property
    def identity(self) -> str:
        """What distinguishes this hint from one at the same offset of a new topic."""
        return f"{self.request_id}/{self.client_id}"


class DeadLetterRow(NamedTuple):
    """The columns of `dead_letters`; key and value stay raw bytes."""

    tenant: str
    at: int
    service: str
    reason: str
    topic: str
    source_partition: int
    source_offset: int
    key: bytes
    value: bytes
    headers: dict[str, str]
    topic_partition: int
    topic_offset: int

    def about(self) -> Iterator[AttemptKey]:
        """Yield the attempts that a dead letter may be about, as far as it can be read.

        The key of an event or a label is its attempt; its text may name others, even
        where it is not valid JSON.
        """
        tenants = {self.tenant, *_matches(_TENANT, self.value)}
        if tenants == {DeadLetter.model_fields["tenant"].default}:
            tenants |= {ANY}
        yield from product(tenants, {_text(self.key), *_matches(_ATTEMPT, self.value)})

    @property
    def identity(self) -> str:
        """What distinguishes this letter from one at the same offset of a new topic."""
        return f"{self.at}/{self.service}"


_TENANT: Final = re.compile(rb'"tenant"\s*:\s*"([^"]+)"')
_ATTEMPT: Final = re.compile(rb'"attempt_id"\s*:\s*"([^"]+)"')


def _matches(pattern: re.Pattern[bytes], value: bytes) -> Iterator[str]:
    yield from map(_text, pattern.findall(value))


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace")


Row = EventRow | HintRow | DeadLetterRow


def hint_row(hint: HintGiven, partition: int, offset: int) -> HintRow:
    """Return the row of `hints` for an advice reply."""
    return HintRow(
        tenant=hint.tenant,
        request_id=hint.request_id,
        client_id=hint.client_id,
        attempt_id=hint.attempt_id or "",
        at=micros(hint.at),
        approach=hint.approach or "",
        text=hint.text,
        kind=hint.kind,
        confidence=hint.confidence,
        candidates=[(c.approach, c.p_success, c.propensity) for c in hint.candidates],
        evidence=[(c.approach, c.attempts, c.successes) for c in hint.candidates],
        abstained=hint.abstained or "",
        holdout=hint.holdout,
        advisor_version=hint.advisor_version,
        latency_ms=hint.latency_ms,
        topic_partition=partition,
        topic_offset=offset,
    )


def dead_letter_row(letter: DeadLetter, partition: int, offset: int) -> DeadLetterRow:
    """Return the row of `dead_letters` for a dead letter."""
    return DeadLetterRow(
        tenant=letter.tenant,
        at=micros(letter.at),
        service=letter.service,
        reason=letter.reason,
        topic=letter.topic,
        source_partition=letter.partition,
        source_offset=letter.offset,
        key=letter.key,
        value=letter.value,
        headers=letter.headers,
        topic_partition=partition,
        topic_offset=offset,
    )


@dataclass(frozen=True, eq=False, slots=True)
class Table:
    """A table of the archive; `row` takes a message, its partition and its offset."""

    name: str
    topic: Topic
    columns: tuple[str, ...]
    row: Callable[[Any, int, int], Row]


EVENTS_TABLE = Table(TABLE_OF[EVENTS.name], EVENTS, EventRow._fields, event_row)
HINTS_TABLE = Table(
    TABLE_OF[ADVICE_REPLIES.name], ADVICE_REPLIES, HintRow._fields, hint_row
)
DEAD_LETTERS_TABLE = Table(
    TABLE_OF[DEAD.name], DEAD, DeadLetterRow._fields, dead_letter_row
)

TABLES = (EVENTS_TABLE, HINTS_TABLE, DEAD_LETTERS_TABLE)
