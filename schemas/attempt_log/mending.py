"""Records to attempts: an odd field costs the field, not the attempt."""

from collections.abc import Callable, Iterable
from typing import Any, Final

from pydantic import ValidationError

from pilotfish.schemas.attempt_log.attempt import LoggedAttempt, canonical
from pilotfish.schemas.errors import SchemaError

_NEEDED: Final = {"problem", "approach", "success", "propensity"}
"""What learning and scoring rest on: where one is odd, the attempt is not guessed at."""
_NEEDED_IN_STEPS: Final = {"kind"}

Location = tuple[int | str, ...]


def attempt_of(record: object, on_odd: Callable[[str], object]) -> LoggedAttempt:
    """Return the attempt of a record; `on_odd` gets the reason for each field left out.

    Raises:
        SchemaError: it is no attempt; the message names the field.
    """
    if not isinstance(record, dict):
        raise SchemaError("not an object with the fields of an attempt")
    fields = canonical(record)
    fields["steps"] = _steps(fields.get("steps", []))
    try:
        return LoggedAttempt.model_validate(fields)
    except ValidationError as error:
        odd = _reasons(error)
    for location, reason in odd.items():
        if location[0] in _NEEDED:
            raise SchemaError(reason)
        on_odd(reason)
    return LoggedAttempt.model_validate(_without(fields, odd))


def _steps(steps: object) -> object:
    if not isinstance(steps, list | tuple):
        return steps
    return [
        canonical(step) if isinstance(step, dict) else step
        for step in steps
        if step is not None
    ]


def _reasons(error: ValidationError) -> dict[Location, str]:
    """Return the reason for each odd field; the positions of steps do not matter in it."""
    reasons: dict[Location, str] = {}
    for problem in error.errors(include_url=False, include_input=False):
        names = ".".join(part for part in problem["loc"] if isinstance(part, str))
        reasons.setdefault(problem["loc"][:3], f"{names[:200]}: {problem['msg']}")
    return reasons


def _without(fields: dict[str, Any], odd: Iterable[Location]) -> dict[str, Any]:
    kept, gone = dict(fields), set()
    for field, *inside in odd:
        if not inside:
            kept.pop(str(field), None)
        elif len(inside) == 1 or inside[1] in _NEEDED_IN_STEPS:
            gone.add(inside[0])
        else:
            kept["steps"][inside[0]].pop(inside[1], None)
    steps = kept.get("steps", [])
    kept["steps"] = [step for place, step in enumerate(steps) if place not in gone]
    return kept
