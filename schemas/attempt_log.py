"""Logs of attempts as files: JSON lines, one attempt per line, optionally gzipped."""

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
"""Names that published logs use for thoughts."""


def _as_thought(kind: object) -> object:
    return "thought" if kind in _THOUGHTS else kind


class LoggedStep(Value):
    """One step of a logged attempt."""

    kind: Annotated[StepKind, BeforeValidator(_as_thought)]
    name: Name
    content: str = ""


class LoggedAttempt(Value):
    """One line of a log. Other fields are ignored.

    `propensity` is the probability with which the approach was chosen; `cost` is in
    a unit of the reader's choice, as in events.
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
    path: Path, on_skip: Callable[[SchemaError], object] | None = None
) -> Iterator[LoggedAttempt]:
    """Yield the attempts of a `.jsonl` or `.jsonl.gz` file in order.

    With `on_skip`, invalid lines are passed to it and skipped.

    Raises:
        ConfigurationError: the file cannot be read.
        SchemaError: a line is invalid and there is no `on_skip`; the message has its
            number and the reason.
    """
    try:
        with _open(path) as lines:
            for number, line in enumerate(lines, start=1):
                try:
                    yield _attempt(path, number, line)
                except SchemaError as error:
                    if on_skip is None:
                        raise
                    on_skip(error)
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
        field = ".".join(str(part) for part in first["loc"])
        reason = f"{field}: {first['msg']}" if field else first["msg"]
        raise SchemaError(f"{path.name}, line {number}: {reason}") from error
