"""An attempt as a foreign format tells of it."""

from collections.abc import Callable
from typing import Annotated, Any, Final, NamedTuple

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from pilotfish.schemas.attempt_log.attempt import (
    Label,
    LoggedStep,
    Moment,
    RecordedAttempt,
)
from pilotfish.schemas.attempt_log.mending import mended
from pilotfish.schemas.base import Value
from pilotfish.schemas.errors import SchemaError
from pilotfish.schemas.events import MAX_DETAIL, SignalKind, Status
from pilotfish.schemas.imports.values import given, text
from pilotfish.schemas.signals import Scale, Stated, p_success

Fields = dict[str, Any]
"""What a format tells of an attempt, by the names of `ImportedAttempt`; may be odd."""

_NEEDED: Final = {
    "problem": "the user asks nothing: there is no problem",
    "id": "it has no id",
}


def _as_detail(value: object) -> str:
    return text(value)[:MAX_DETAIL]


Detail = Annotated[str, BeforeValidator(_as_detail)]


class ImportedStep(LoggedStep):
    """A step; `key` is what its source calls it, the same in every export."""

    key: Label = ""


class ImportedSignal(Value):
    """Evidence of the outcome that stands in the source; as `SignalRecorded`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: SignalKind
    value: Stated | None = None
    scale: Scale | None = None
    detail: Detail = ""
    at: Moment | None = None
    key: Label = ""

    @model_validator(mode="after")
    def _in_its_unit(self) -> "ImportedSignal":
        p_success(self.kind, self.value, self.scale)
        return self


class ImportedAttempt(RecordedAttempt[ImportedStep]):
    """An attempt of a foreign format.

    `id` is what its source calls it. An attempt that is not `ended` may go on in a later
    export. Without a `status`, an ended attempt's is its outcome's, or unknown.
    """

    approach: Label = ""
    agent: Label = ""
    version: Label = ""
    attributes: dict[str, Label] = Field(default_factory=dict)
    signals: tuple[ImportedSignal, ...] = ()
    ended: bool = True
    status: Status | None = None
    reason: Detail = ""


class Found(NamedTuple):
    """An attempt in a file: where it begins, such as `line 7`, and what is told of it."""

    place: str
    fields: Fields


def imported(fields: Fields, on_odd: Callable[[str], object]) -> ImportedAttempt:
    """Return the attempt; `on_odd` gets the reason for each field left out.

    Raises:
        SchemaError: it has no problem or no id.
    """
    for field, missing in _NEEDED.items():
        if not fields.get(field):
            raise SchemaError(missing)
    return mended(ImportedAttempt, given(fields), _NEEDED.keys(), on_odd)
