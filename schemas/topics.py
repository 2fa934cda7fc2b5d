"""Every topic: the only place where a topic's name is spelled."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from pilotfish.schemas.advice import AdviceRequested, HintGiven
from pilotfish.schemas.advisors import AdvisorPromoted, AdvisorRolledBack
from pilotfish.schemas.base import Message
from pilotfish.schemas.dead import DeadLetter
from pilotfish.schemas.events import (
    AttemptEnded,
    AttemptStarted,
    FeedbackGiven,
    SignalRecorded,
    StepRecorded,
)
from pilotfish.schemas.forgotten import AttemptForgotten, TenantForgotten
from pilotfish.schemas.labels import AttemptLabelled

MAX_MESSAGE_BYTES: Final = 1024 * 1024
"""Of a value as JSON. Only what quotes other messages, dead letters, may be larger."""


@dataclass(frozen=True, eq=False, slots=True)
class Topic:
    """A topic, its key, and what it carries.

    `partitions` is what an embedded Kafka gets. Events and labels must have equally
    many: a label lies in the partition number of its attempt's events. A value has
    `max_bytes` at most: the SDK sends no larger one, and readers set it aside.
    """

    name: str
    key: str
    messages: tuple[type[Message], ...]
    keep: timedelta | Literal["compacted"]
    partitions: int = 4
    max_bytes: int = MAX_MESSAGE_BYTES


EVENTS = Topic(
    "pilotfish.events",
    "attempt_id",
    (
        *(AttemptStarted, StepRecorded, SignalRecorded, AttemptEnded, FeedbackGiven),
        *(AttemptForgotten, TenantForgotten),
    ),
    timedelta(days=30),
)
LABELS = Topic("pilotfish.labels", "attempt_id", (AttemptLabelled,), timedelta(days=30))
ADVICE_REQUESTS = Topic(
    "pilotfish.advice.requests", "request_id", (AdviceRequested,), timedelta(days=1)
)
ADVICE_REPLIES = Topic(
    "pilotfish.advice.replies", "client_id", (HintGiven,), timedelta(days=1)
)
ADVISORS = Topic(
    "pilotfish.advisors",
    "tenant",
    (AdvisorPromoted, AdvisorRolledBack),
    "compacted",
    partitions=1,
)
DEAD = Topic(
    "pilotfish.dead",
    "original key",
    (DeadLetter,),
    timedelta(days=90),
    partitions=1,
    # A value of 1 MB that cannot be read lies in its letter in base64.
    max_bytes=4 * 1024 * 1024,
)

TOPICS = (EVENTS, LABELS, ADVICE_REQUESTS, ADVICE_REPLIES, ADVISORS, DEAD)
