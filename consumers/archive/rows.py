"""Messages to rows of the archive's tables: one table a topic, one row a message."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any, Final

from pilotfish.runtime.archived_offsets import TABLE_OF
from pilotfish.runtime.forgotten import ANY
from pilotfish.schemas.advice import HintGiven
from pilotfish.schemas.base import Message, micros
from pilotfish.schemas.dead import DeadLetter
from pilotfish.schemas.events import (
    AttemptEnded,
    AttemptStarted,
    FeedbackGiven,
    SignalRecorded,
    StepRecorded,
)
from pilotfish.schemas.keys import AttemptKey
from pilotfish.schemas.topics import ADVICE_REPLIES, DEAD, EVENTS, Topic

Row = tuple[Any, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Table:
    """A table of the archive, and how a message of its topic becomes a row.

    `row` takes the message, its partition and its offset; the row's values are in the
    order of `columns`, times as whole microseconds since 1970 (DateTime64(6)). `about`
    yields tenant and id of the attempts that a row may be about.
    """

    name: str
    topic: Topic
    columns: tuple[str, ...]
    row: Callable[[Any, int, int], Row]
    about: Callable[[Row], Iterable[AttemptKey]]


def event_row(event: Message, partition: int, offset: int) -> Row:
    """Return the row of `events` for any event."""
    return _EVENT_ROWS[type(event)](event, partition, offset)


def _started(e: AttemptStarted, partition: int, offset: int) -> Row:
    # fmt: off
    return (
        e.tenant, e.attempt_id, e.event_id, "AttemptStarted", micros(e.at),
        "", "", e.problem, False, None, "", e.problem_type, e.approach or "",
        e.agent.name, e.agent.version, e.agent.model, None, 0.0, 0, "",
        partition, offset,
    )
    # fmt: on


def _step(e: StepRecorded, partition: int, offset: int) -> Row:
    # fmt: off
    return (
        e.tenant, e.attempt_id, e.event_id, "StepRecorded", micros(e.at),
        e.kind, e.name, e.content, e.truncated, None, "", "", "", "", "", "",
        e.duration_s, e.cost, e.tokens, "", partition, offset,
    )
    # fmt: on


def _signal(e: SignalRecorded, partition: int, offset: int) -> Row:
    # fmt: off
    return (
        e.tenant, e.attempt_id, e.event_id, "SignalRecorded", micros(e.at),
        e.kind, "", e.detail, False, e.value, "", "", "", "", "", "",
        None, 0.0, 0, "", partition, offset,
    )
    # fmt: on


def _ended(e: AttemptEnded, partition: int, offset: int) -> Row:
    # fmt: off
    return (
        e.tenant, e.attempt_id, e.event_id, "AttemptEnded", micros(e.at),
        "", "", e.reason, False, None, e.status, "", e.approach or "", "", "", "",
        None, 0.0, 0, e.hint.request_id if e.hint else "", partition, offset,
    )
    # fmt: on


def _feedback(e: FeedbackGiven, partition: int, offset: int) -> Row:
    # fmt: off
    return (
        e.tenant, e.attempt_id, e.event_id, "FeedbackGiven", micros(e.at),
        "", e.source, e.detail, False, e.value, "", "", "", "", "", "",
        None, 0.0, 0, "", partition, offset,
    )
    # fmt: on


def hint_row(hint: HintGiven, partition: int, offset: int) -> Row:
    """Return the row of `hints` for an advice reply."""
    # fmt: off
    return (
        hint.tenant, hint.request_id, hint.client_id, hint.attempt_id or "",
        micros(hint.at), hint.approach or "", hint.text, hint.kind, hint.confidence,
        [(c.approach, c.p_success, c.propensity) for c in hint.candidates],
        [(c.approach, c.attempts, c.successes) for c in hint.candidates],
        hint.abstained or "", hint.holdout, hint.advisor_version, hint.latency_ms,
        partition, offset,
    )
    # fmt: on


def dead_letter_row(letter: DeadLetter, partition: int, offset: int) -> Row:
    """Return the row of `dead_letters`; key and value stay raw bytes."""
    # fmt: off
    return (
        letter.tenant, micros(letter.at), letter.service, letter.reason, letter.topic,
        letter.partition, letter.offset, letter.key, letter.value, letter.headers,
        partition, offset,
    )
    # fmt: on


def letter_about(row: Row) -> Iterator[AttemptKey]:
    """Yield the attempts that a dead letter may be about, as far as one can read it.

    The key of an event or a label is its attempt; the rest its text says, though it may
    be no JSON.
    """
    told, key, value = row[0], row[7], row[8]
    tenants = {told, *_named(_TENANT, value)}
    if tenants == {DeadLetter.model_fields["tenant"].default}:
        tenants |= {ANY}
    yield from product(tenants, {_text(key), *_named(_ATTEMPT, value)})


_TENANT: Final = re.compile(rb'"tenant"\s*:\s*"([^"]+)"')
_ATTEMPT: Final = re.compile(rb'"attempt_id"\s*:\s*"([^"]+)"')


def _named(pattern: re.Pattern[bytes], value: bytes) -> Iterator[str]:
    yield from map(_text, pattern.findall(value))


def _text(raw: bytes) -> str:
    return raw.decode(errors="replace")


_EVENT_ROWS: dict[type[Message], Callable[[Any, int, int], Row]] = {
    AttemptStarted: _started,
    StepRecorded: _step,
    SignalRecorded: _signal,
    AttemptEnded: _ended,
    FeedbackGiven: _feedback,
}

# fmt: off
EVENTS_TABLE = Table(
    TABLE_OF[EVENTS.name], EVENTS,
    (
        "tenant", "attempt_id", "event_id", "event", "at", "kind", "name", "content",
        "truncated", "value", "status", "problem_type", "approach", "agent",
        "agent_version", "model", "duration_s", "cost", "tokens", "hint_request_id",
        "topic_partition", "topic_offset",
    ),
    event_row,
    lambda row: [(row[0], row[1])],
)
HINTS_TABLE = Table(
    TABLE_OF[ADVICE_REPLIES.name], ADVICE_REPLIES,
    (
        "tenant", "request_id", "client_id", "attempt_id", "at", "approach", "text",
        "kind", "confidence", "candidates", "evidence", "abstained", "holdout",
        "advisor_version", "latency_ms", "topic_partition", "topic_offset",
    ),
    hint_row,
    lambda row: [(row[0], row[3])],
)
DEAD_LETTERS_TABLE = Table(
    TABLE_OF[DEAD.name], DEAD,
    (
        "tenant", "at", "service", "reason", "topic", "source_partition",
        "source_offset", "key", "value", "headers", "topic_partition", "topic_offset",
    ),
    dead_letter_row,
    letter_about,
)
# fmt: on

TABLES = (EVENTS_TABLE, HINTS_TABLE, DEAD_LETTERS_TABLE)
