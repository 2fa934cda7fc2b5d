"""Asking for advice and being answered."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from pilotfish.schemas.base import Message, Time, Value, utc_now
from pilotfish.schemas.events import Agent
from pilotfish.schemas.ids import Identifier, Name, new_id

MAX_ADVICE_PROBLEM = 8 * 1024
"""Bytes of UTF-8 of a problem that advice looks at; the SDK cuts what is longer."""
MAX_APPROACHES = 64


def _short(problem: str) -> str:
    size = len(problem.encode())
    if size > MAX_ADVICE_PROBLEM:
        msg = f"{size} bytes of UTF-8, at most {MAX_ADVICE_PROBLEM} are looked at"
        raise ValueError(msg)
    return problem


AdviceProblem = Annotated[
    str, StringConstraints(max_length=MAX_ADVICE_PROBLEM), AfterValidator(_short)
]
Instruction = Annotated[str, StringConstraints(max_length=2000)]

Abstention = Literal[
    "holdout",  # left unhinted on purpose, to measure what advice does
    "unsure",  # no approach is clearly better than the others
    "no_advisor",  # nothing is in service for this tenant
    "deadline",  # too late: made by the SDK, or by an advisor that reads old requests
    "unreachable",  # the request could not be sent; made by the SDK
    "invalid",  # the request was refused; `text` is empty, `detail` says why
]


class AdviceRequested(Message):
    """Which of these approaches should be tried on this problem?

    `approaches` maps names to one line of instruction each. The answer goes to
    `reply_partition` of `reply_topic`, under the key `client_id`.
    """

    request_id: Identifier = Field(default_factory=new_id)
    tenant: Identifier = "default"
    client_id: Identifier
    attempt_id: Identifier | None = None
    at: Time = Field(default_factory=utc_now)
    agent: Agent = Agent()
    problem: AdviceProblem
    problem_type: str = Field(default="", max_length=200)
    approaches: dict[Name, Instruction] = Field(min_length=1, max_length=MAX_APPROACHES)
    reply_topic: str
    reply_partition: int = Field(ge=0)


class Candidate(Value):
    """One approach as the advisor saw it.

    `attempts` on this kind of problem have a label so far; `successes` is the sum of
    their P(success).
    """

    approach: Name
    p_success: float = Field(ge=0, le=1)
    propensity: float = Field(ge=0, le=1)
    attempts: int = Field(default=0, ge=0)
    successes: float = Field(default=0.0, ge=0)


class HintGiven(Message):
    """The answer: an approach and a sentence for the prompt, or an abstention.

    `text` is empty exactly when the hint abstains. `kind` is the recognised kind of
    problem. `confidence` is P(success) of the chosen approach. `latency_ms` is the
    time from reading the request to answering it, inside the advisor.
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
            msg = "a hint names an approach or says why it abstains, never both"
            raise ValueError(msg)
        return self

    @property
    def propensity(self) -> float | None:
        """The probability with which `approach` was chosen; None on abstention."""
        for candidate in self.candidates:
            if candidate.approach == self.approach:
                return candidate.propensity
        return None
