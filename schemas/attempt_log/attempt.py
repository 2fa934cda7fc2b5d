"""An attempt as logs record it."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Generic, TypeVar

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from pilotfish.schemas.base import EARLIEST, LATEST, Value
from pilotfish.schemas.events import (
    MAX_CONTENT,
    MAX_MEASURE,
    MAX_PROBLEM,
    MAX_TOKENS,
    Problem,
    StepKind,
)
from pilotfish.schemas.ids import MAX_NAME, Name
from pilotfish.schemas.texts import cut, encodable

_THOUGHTS: Final = ("plan", "reasoning")
"""Names that published logs use for thoughts."""
_YES_OR_NO: Final = TypeAdapter(bool)


def _as_text(value: object) -> str:
    """Return a value of a log as text: numbers as they are, lists and objects as JSON."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    return encodable(text)


def _as_name(value: object) -> object:
    plain = isinstance(value, str | int | float)
    return _as_text(value)[:MAX_NAME] if plain else value


def _as_problem(value: object) -> object:
    return _as_text(value)[:MAX_PROBLEM] if value is not None else value


def _as_outcome(value: object) -> object:
    """Read yes and no, true and false, in the words that pydantic knows for them."""
    if isinstance(value, str):
        try:
            return float(_YES_OR_NO.validate_python(value.strip()))
        except ValidationError:
            return value
    return value


def _in_utc(at: datetime) -> datetime:
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    if not EARLIEST <= at < LATEST:
        raise ValueError(f"Input should be from {EARLIEST:%Y} to {LATEST.year - 1}")
    return at


Moment = Annotated[datetime, AfterValidator(_in_utc)]
"""A time: ISO 8601, in UTC where it has no zone, or seconds or milliseconds since 1970."""
Label = Annotated[str, BeforeValidator(_as_name)]
Outcome = Annotated[float, BeforeValidator(_as_outcome), Field(ge=0, le=1)]
Cost = Annotated[float, Field(ge=0, le=MAX_MEASURE)]
Seconds = Annotated[float, Field(ge=0, le=MAX_MEASURE)]
Tokens = Annotated[int, Field(ge=0, le=MAX_TOKENS)]

_OTHER_NAMES: Final = {
    "attempt_id": "id",
    "duration": "duration_s",
    "started_at": "at",
    "timestamp": "at",
    "time": "at",
    "end_time": "ended_at",
    "start_time": "at",
}


def canonical(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return a record by the names of fields used here, without what is null or NaN."""
    fields: dict[str, Any] = {}
    for name, value in record.items():
        # Only NaN differs from itself; Parquet has it where pandas had nothing.
        if value is not None and value == value:  # noqa: PLR0124
            fields.setdefault(_OTHER_NAMES.get(name, name), value)
    return fields


class Recorded(Value):
    """What attempts and steps have in common; other fields are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    cost: Cost | None = None
    tokens: Tokens | None = None
    duration_s: Seconds | None = None
    model: Label = ""
    at: Moment | None = None


class LoggedStep(Recorded):
    """One step of a logged attempt; without a name it has that of its kind."""

    kind: StepKind
    name: Name
    content: str = ""
    truncated: bool = False

    @model_validator(mode="before")
    @classmethod
    def _read(cls, fields: object) -> object:
        if not isinstance(fields, dict):
            return fields
        kind = "thought" if fields.get("kind") in _THOUGHTS else fields.get("kind")
        whole = _as_text(fields.get("content"))
        content = cut(whole, MAX_CONTENT)
        read = {
            "kind": kind,
            "name": _as_name(fields.get("name") or kind),
            "content": content,
            "truncated": len(content) < len(whole) or fields.get("truncated") is True,
        }
        return fields | read


Step = TypeVar("Step", bound=LoggedStep)


class RecordedAttempt(Recorded, Generic[Step]):
    """What is told of an attempt, whoever wrote it down.

    `success` is the outcome from 0 to 1, None where nobody knows it; `at` and `ended_at`
    are the times of start and end.
    """

    problem: Annotated[Problem, BeforeValidator(_as_problem), Field(min_length=1)]
    problem_type: Label = ""
    success: Outcome | None = None
    steps: tuple[Step, ...] = ()
    ended_at: Moment | None = None
    id: Label = ""

    @property
    def total_cost(self) -> float | None:
        """The cost of the attempt, or of its steps; None where there is none."""
        costs = [step.cost for step in self.steps if step.cost is not None]
        return sum(costs) if self.cost is None and costs else self.cost


class LoggedAttempt(RecordedAttempt[LoggedStep]):
    """One record of a log.

    `propensity` is the probability with which the approach was chosen; costs are in a unit
    of the reader's choice, as in events.
    """

    approach: Annotated[Name, BeforeValidator(_as_name)]
    propensity: float | None = Field(default=None, gt=0, le=1)

    @property
    def outcome(self) -> float:
        """The outcome, of an attempt that has one."""
        assert self.success is not None
        return self.success
