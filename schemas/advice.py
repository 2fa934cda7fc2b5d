"""Requests for advice, and the hints that answer them."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from pilotfish.schemas.base import Message, Time, Value, utc_now
from pilotfish.schemas.events import Agent, HintMark, StepKind
from pilotfish.schemas.ids import MAX_NAME, Identifier, Name, new_id

MAX_ADVICE_PROBLEM = 8 * 1024
"""Bytes of UTF-8 of a problem in a request; the SDK cuts longer problems."""
MAX_APPROACHES = 64
MAX_INSTRUCTION = 2000
"""Characters of an approach's instruction."""
MAX_STEPS = 64
"""Steps of a request, an attempt's first ones; its first few decisions are among them."""
MAX_STEP_CONTENT = 1000
"""Characters of the content of such a step; its beginning says what a tool is used for."""


def _short(problem: str) -> str:
    size = len(problem.encode())
    if size > MAX_ADVICE_PROBLEM:
        msg = f"{size} bytes of UTF-8, at most {MAX_ADVICE_PROBLEM} are allowed: cut it"
        raise ValueError(msg)
    return problem


AdviceProblem = Annotated[
    str, StringConstraints(max_length=MAX_ADVICE_PROBLEM), AfterValidator(_short)
]
Instruction = Annotated[str, StringConstraints(max_length=MAX_INSTRUCTION)]

Abstention = Literal[
    "holdout",  # withheld on purpose, to measure the effect of advice
    "unsure",  # no approach is clearly better than the others
    "no_advisor",  # no advisor is in service for this tenant
    "deadline",  # too late: set by the SDK, or by an advisor on an old request
    "unreachable",  # the request could not be sent; set by the SDK
    "invalid",  # the request was refused; `detail` gives the reason
]


class StepTaken(Value):
    """A step of an attempt that is under way, as `StepRecorded` has it."""

    kind: StepKind
    name: Name
    content: str = Field(default="", max_length=MAX_STEP_CONTENT)


class AdviceRequested(Message):
    """The question which of these approaches to try on this problem.

    `approaches` maps names to one line of instruction each; without any, the candidates
    are the strategies that were found in the tenant's attempts. The answer goes to
    `reply_partition` of `reply_topic`, with the key `client_id`.

    With `steps`, those of the attempt so far, it is the question what to do next. There
    are no approaches then, and the hint's approach is a move, see strategies/moves.py.
    """

    schema_version: ClassVar[int] = 3

    request_id: Identifier = Field(default_factory=new_id)
    tenant: Identifier = "default"
    client_id: Identifier
    attempt_id: Identifier | None = None
    at: Time = Field(default_factory=utc_now)
    agent: Agent = Agent()
    problem: AdviceProblem
    problem_type: str = Field(default="", max_length=MAX_NAME)
    approaches: dict[Name, Instruction] = Field(
        default_factory=dict, max_length=MAX_APPROACHES
    )
    steps: tuple[StepTaken, ...] = Field(default=(), max_length=MAX_STEPS)
    reply_topic: str
    reply_partition: int = Field(ge=0)

    @model_validator(mode="after")
    def _one_question(self) -> "AdviceRequested":
        if self.steps and self.approaches:
            msg = (
                "approaches are for the start, and steps for what comes next: give one"
            )
            raise ValueError(msg)
        return self


class Candidate(Value):
    """The advisor's estimate of one approach, or of one next move.

    `attempts` is the number of labelled attempts on this kind of problem so far, and
    `successes` the sum of their P(success).
    """

    approach: Name
    p_success: float = Field(ge=0, le=1)
    propensity: float = Field(ge=0, le=1)
    attempts: int = Field(default=0, ge=0)
    successes: float = Field(default=0.0, ge=0)


class HintGiven(Message):
    """The answer to a request: an approach and a sentence for the prompt, or an abstention.

    `text` is empty exactly if the hint abstains. `kind` is the recognised kind of problem.
    `confidence` is P(success) of the chosen approach. `latency_ms` is the time in the
    advisor from reading the request to answering it.
    """

    schema_version: ClassVar[int] = 2

    request_id: Identifier
    tenant: Identifier
    client_id: Identifier
    attempt_id: Identifier | None = None
    at: Time = Field(default_factory=utc_now)
    approach: Name | None = None
    text: str = ""
    kind: str = ""
    confidence: float | None = Field(default=None, ge=0, le=1)
    candidates: tuple[Candidate, ...] = ()
    abstained: Abstention | None = None
    detail: str = ""
    holdout: bool = False
    advisor_version: str = ""
    latency_ms: float = Field(default=0.0, ge=0)

    @model_validator(mode="after")
    def _either_hint_or_abstention(self) -> "HintGiven":
        if (self.approach is None) != (self.abstained is not None):
            msg = "a hint has an approach or a reason to abstain, never both"
            raise ValueError(msg)
        return self

    @property
    def propensity(self) -> float | None:
        """The probability with which `approach` was chosen; None on abstention."""
        for candidate in self.candidates:
            if candidate.approach == self.approach:
                return candidate.propensity
        return None

    @property
    def mark(self) -> HintMark:
        """What the end of the attempt says about this hint."""
        return HintMark(
            request_id=self.request_id,
            approach=self.approach,
            propensity=self.propensity or None,
            advisor_version=self.advisor_version,
            holdout=self.holdout,
        )
