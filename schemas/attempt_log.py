"""Logs of attempts as files: JSON lines, one attempt a line, gzip allowed."""

import gzip
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated, TextIO, cast

from pydantic import BeforeValidator, ConfigDict, Field, ValidationError

from pilotfish.schemas.base import Value
from pilotfish.schemas.errors import ConfigurationError, SchemaError
from pilotfish.schemas.events import Problem, StepKind
from pilotfish.schemas.ids import Name

_THOUGHTS = ("plan", "reasoning")
"""What published logs call thoughts."""


def _as_thought(kind: object) -> object:
    return "thought" if kind in _THOUGHTS else kind


class LoggedStep(Value):
    """One step of a logged attempt."""

    kind: Annotated[StepKind, BeforeValidator(_as_thought)]
    name: Name
    content: str = ""


class LoggedAttempt(Value):
    """One line of a log. Fields that are not listed here are passed over.

    `propensity` is the probability with which the approach was chosen; `cost` is in
    units of the reader's choice, as in events.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    problem: Problem = Field(min_length=1)
    problem_type: str = ""
    approach: Name
    success: bool
    steps: tuple[LoggedStep, ...] = ()
    model: str = ""
    propensity: float | None = Field(default=None, gt=0, le=1)
    cost: float = Field(default=0.0, ge=0, le=1e9)


def read_attempts(
    path: Path, skipped: Callable[[SchemaError], object] | None = None
) -> Iterator[LoggedAttempt]:
    """Yield the attempts of a `.jsonl` or `.jsonl.gz` file in order.

    `skipped` hears of the lines that are no attempts, which are then passed over.

    Raises:
        ConfigurationError: the file cannot be opened.
        SchemaError: a line is no attempt, and nobody hears of those that are skipped;
            the message names line and reason.
    """
    try:
        with _open(path) as lines:
            for number, line in enumerate(lines, start=1):
                try:
                    yield _attempt(path, number, line)
                except SchemaError as error:
                    if skipped is None:
                        raise
                    skipped(error)
    except (OSError, UnicodeDecodeError, EOFError, zlib.error) as error:
        raise ConfigurationError(f"cannot read {path}: {error}") from error


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return cast("TextIO", gzip.open(path, "rt", encoding="utf-8"))
    return path.open(encoding="utf-8")


def _attempt(path: Path, number: int, line: str) -> LoggedAttempt:
    try:
        return LoggedAttempt.model_validate_json(line)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        reason = f"{place}: {first['msg']}" if place else first["msg"]
        raise SchemaError(f"{path.name}, line {number}: {reason}") from error
