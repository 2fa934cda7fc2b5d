"""Events that an agent publishes about its attempts."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field, JsonValue, StringConstraints, model_validator

from pilotfish.schemas.base import Message, Time, Value, utc_now
from pilotfish.schemas.ids import MAX_NAME, Identifier, Name, StrategyId, new_id
from pilotfish.schemas.signals import FEEDBACK, Scale, Stated, p_success

MAX_CONTENT = 256 * 1024
"""Bytes of UTF-8 at which the SDK cuts a step's content. Readers count characters, which is
faster, and so accept slightly longer contents."""
MAX_PROBLEM = 64 * 1024
"""Characters of a problem's text."""

MAX_DETAIL = 4096
"""Characters of an explanation: the detail of a signal, the reason of an end."""
MAX_MEASURE = 1e9
"""The highest cost and duration of a step. Bounded, so that infinity is refused."""
MAX_TOKENS = 10**12
"""The most tokens of a step. Bounded, so that sums fit into ClickHouse's integers."""

Content = Annotated[str, StringConstraints(max_length=MAX_CONTENT)]
Problem = Annotated[str, StringConstraints(max_length=MAX_PROBLEM)]

StepKind = Literal["thought", "action", "observation", "answer"]

SignalKind = Literal[
    "explicit",  # stated by somebody or something that knows
    "verifier",  # a checker of the answer
    "exit_code",  # a process's exit status: 0 is success, any other integer failure
    "tests",  # share of tests that passed, or their number with the total as the scale
    "judge",  # a judge model's score, from 0 to 1 or with its scale
    "thumbs",  # a person's thumbs: true or 1 is up, false, 0 or -1 is down
    "exception",  # the agent raised an exception
    "infrastructure",  # rate limit, timeout of a provider, network
    "retry",  # the user repeated the question
    "abandoned",  # nobody ended the attempt
]

Status = Literal["succeeded", "failed", "infrastructure", "abandoned", "unknown"]


class Agent(Value):
    """Who makes the attempt."""

    name: Name = "agent"
    version: str = Field(default="", max_length=MAX_NAME)
    model: str = Field(default="", max_length=MAX_NAME)


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
    problem_type: str = Field(default="", max_length=MAX_NAME)
    approach: Name | None = None
    agent: Agent = Agent()
    attributes: dict[str, JsonValue] = Field(default_factory=dict)


class StepRecorded(EventBase):
    """One thought, action, observation or answer of an attempt."""

    kind: StepKind
    name: Name
    content: Content = ""
    truncated: bool = False
    duration_s: float | None = Field(default=None, ge=0, le=MAX_MEASURE)
    cost: float = Field(default=0.0, ge=0, le=MAX_MEASURE)
    tokens: int = Field(default=0, ge=0, le=MAX_TOKENS)


class SignalRecorded(EventBase):
    """Evidence of how the attempt went; `value` is in the kind's own unit.

    An `exit_code` is a process's exit status: 0 is success, any other integer failure.
    `thumbs` are 1 or -1. All other values go from 0, failure, to 1, success, unless
    `scale` gives the best value (the worst is then 0), or the worst and the best. True is
    success and false is failure, whatever the kind. Null is neither.

    Up to version 1, `value` was P(success) for every kind, `exit_code` included.
    """

    schema_version: ClassVar[int] = 2

    kind: SignalKind
    value: Stated | None = None
    scale: Scale | None = None
    detail: str = Field(default="", max_length=MAX_DETAIL)

    @property
    def p_success(self) -> float | None:
        """P(success) by this signal alone; None if it states nothing."""
        return p_success(self.kind, self.value, self.scale)

    @model_validator(mode="after")
    def _in_its_unit(self) -> "SignalRecorded":
        p_success(self.kind, self.value, self.scale)
        return self


class AttemptEnded(EventBase):
    """The end of an attempt; `approach` is the one that was used."""

    status: Status
    reason: str = Field(default="", max_length=MAX_DETAIL)
    approach: Name | None = None
    hint: HintMark | None = None


class FeedbackGiven(EventBase):
    """Feedback on an attempt after its end, perhaps days later.

    `value` goes from 0, failure, to 1, success, unless `scale` gives the best value (the
    worst is then 0), or the worst and the best. True is success and false is failure.
    Null is a comment only, and no evidence.
    """

    schema_version: ClassVar[int] = 2

    value: Stated | None
    scale: Scale | None = None
    source: Name = "user"
    detail: str = Field(default="", max_length=MAX_DETAIL)

    @property
    def p_success(self) -> float | None:
        """P(success) by this feedback alone; None if it states nothing."""
        return p_success(FEEDBACK, self.value, self.scale)

    @model_validator(mode="after")
    def _on_its_scale(self) -> "FeedbackGiven":
        p_success(FEEDBACK, self.value, self.scale)
        return self


class StrategyAssigned(EventBase):
    """The strategy that an attempt used, found in its moves after its end.

    Published by the memory. The newest one counts; an empty `strategy` takes it back.
    """

    strategy: StrategyId


Event = (
    AttemptStarted
    | StepRecorded
    | SignalRecorded
    | AttemptEnded
    | FeedbackGiven
    | StrategyAssigned
)
