"""Events that an agent publishes about its attempts."""

from typing import Annotated, Literal

from pydantic import Field, JsonValue, StringConstraints

from pilotfish.schemas.base import Message, Time, Value, utc_now
from pilotfish.schemas.ids import Identifier, Name, new_id

MAX_CONTENT = 256 * 1024
"""Bytes of UTF-8 at which the SDK cuts a step's content. Readers count characters, which is
faster, and so accept slightly longer contents."""
MAX_PROBLEM = 64 * 1024
"""Characters of a problem's text."""

Content = Annotated[str, StringConstraints(max_length=MAX_CONTENT)]
Problem = Annotated[str, StringConstraints(max_length=MAX_PROBLEM)]

StepKind = Literal["thought", "action", "observation", "answer"]

SignalKind = Literal[
    "explicit",  # stated by somebody or something that knows
    "verifier",  # a checker of the answer
    "exit_code",  # a program's exit status, 0 is success
    "tests",  # share of tests that passed
    "judge",  # a judge model's score
    "thumbs",  # a person's thumbs up or down
    "exception",  # the agent raised an exception
    "infrastructure",  # rate limit, timeout of a provider, network
    "retry",  # the user repeated the question
    "abandoned",  # nobody ended the attempt
]

Status = Literal["succeeded", "failed", "infrastructure", "abandoned", "unknown"]


class Agent(Value):
    """Who makes the attempt."""

    name: Name = "agent"
    version: str = Field(default="", max_length=200)
    model: str = Field(default="", max_length=200)


class HintMark(Value):
    """The advice that an attempt got.

    `propensity` is the probability with which `approach` was chosen; both are None if
    the hint abstained. `holdout` marks hints that were withheld on purpose.
    """

    request_id: Identifier
    approach: Name | None = None
    propensity: float | None = Field(default=None, gt=0, le=1)
    advisor_version: str = ""
    holdout: bool = False


class EventBase(Message):
    """The common fields of all events; `at` is the time by the agent's clock."""

    event_id: Identifier = Field(default_factory=new_id)
    tenant: Identifier = "default"
    attempt_id: Identifier
    at: Time = Field(default_factory=utc_now)


class AttemptStarted(EventBase):
    """The start of an attempt: one try at one problem."""

    problem: Problem
    problem_type: str = Field(default="", max_length=200)
    approach: Name | None = None
    agent: Agent = Agent()
    attributes: dict[str, JsonValue] = Field(default_factory=dict)


class StepRecorded(EventBase):
    """One thought, action, observation or answer of an attempt."""

    kind: StepKind
    name: Name
    content: Content = ""
    truncated: bool = False
    # Bounded, so that sums fit into ClickHouse's 64-bit integers, and infinity is refused.
    duration_s: float | None = Field(default=None, ge=0, le=1e9)
    cost: float = Field(default=0.0, ge=0, le=1e9)
    tokens: int = Field(default=0, ge=0, le=10**12)


class SignalRecorded(EventBase):
    """Evidence of how the attempt went; `value` 1 is success, 0 failure."""

    kind: SignalKind
    value: float | None = Field(default=None, ge=0, le=1)
    detail: str = Field(default="", max_length=4096)


class AttemptEnded(EventBase):
    """The end of an attempt; `approach` is the one that was used."""

    status: Status
    reason: str = Field(default="", max_length=4096)
    approach: Name | None = None
    hint: HintMark | None = None


class FeedbackGiven(EventBase):
    """Feedback on an attempt after its end, perhaps days later."""

    value: float = Field(ge=0, le=1)
    source: Name = "user"
    detail: str = Field(default="", max_length=4096)


Event = AttemptStarted | StepRecorded | SignalRecorded | AttemptEnded | FeedbackGiven
