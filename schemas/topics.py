"""All topics; no other file spells the name of a topic."""

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
    StrategyAssigned,
)
from pilotfish.schemas.forgotten import AttemptForgotten, TenantForgotten
from pilotfish.schemas.labels import AttemptLabelled
from pilotfish.schemas.strategies import StrategyChanged
from pilotfish.schemas.traces import LogExport, TraceExport

MAX_MESSAGE_BYTES: Final = 1024 * 1024
"""Limit of a value as JSON; only dead letters, which contain other values, have more."""


@dataclass(frozen=True, eq=False, slots=True)
class Topic:
    """A topic, its key, and its messages.

    `partitions` is the number in an embedded Kafka. Events and labels must have the same
    number, because a label has the partition number of its attempt's events. The SDK sends
    no value larger than `max_bytes`, and readers set larger ones aside.
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
        AttemptStarted,
        StepRecorded,
        SignalRecorded,
        AttemptEnded,
        FeedbackGiven,
        StrategyAssigned,
        AttemptForgotten,
        TenantForgotten,
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
STRATEGIES = Topic(
    "pilotfish.strategies",
    "tenant/strategy_id",
    (StrategyChanged,),
    "compacted",
    partitions=1,
)
TRACES = Topic(
    "pilotfish.traces",
    "trace_id of its first span",
    (TraceExport,),
    timedelta(days=7),
    max_bytes=4 * 1024 * 1024,
)
COLLECTOR_TRACES = Topic(
    "otlp_spans",
    "none",
    (TraceExport,),
    timedelta(days=7),
    max_bytes=4 * 1024 * 1024,
)
COLLECTOR_LOGS = Topic(
    "otlp_logs",
    "none",
    (LogExport,),
    timedelta(days=7),
    max_bytes=4 * 1024 * 1024,
)
DEAD = Topic(
    "pilotfish.dead",
    "original key",
    (DeadLetter,),
    timedelta(days=90),
    partitions=1,
    # A dead letter contains an unreadable value of up to 4 MB in base64.
    max_bytes=8 * 1024 * 1024,
)

TOPICS = (
    EVENTS,
    LABELS,
    ADVICE_REQUESTS,
    ADVICE_REPLIES,
    ADVISORS,
    STRATEGIES,
    TRACES,
    DEAD,
)
COLLECTOR_TOPICS = (COLLECTOR_TRACES, COLLECTOR_LOGS)
"""Where the Kafka exporter of OpenTelemetry's Collector publishes, by default."""
