"""Every topic: the only place where a topic's name is spelled."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

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
from pilotfish.schemas.labels import AttemptLabelled


@dataclass(frozen=True, eq=False, slots=True)
class Topic:
    """A topic, its key, and what it carries.

    `partitions` is what an embedded Kafka gets. Events and labels must have equally
    many: a label lies in the partition number of its attempt's events.
    """

    name: str
    key: str
    messages: tuple[type[Message], ...]
    keep: timedelta | Literal["compacted"]
    partitions: int = 4


EVENTS = Topic(
    "pilotfish.events",
    "attempt_id",
    (AttemptStarted, StepRecorded, SignalRecorded, AttemptEnded, FeedbackGiven),
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
)

TOPICS = (EVENTS, LABELS, ADVICE_REQUESTS, ADVICE_REPLIES, ADVISORS, DEAD)
