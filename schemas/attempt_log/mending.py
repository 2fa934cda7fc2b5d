"""Records to attempts: an odd field costs the field, not the attempt."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from typing import Any, Final, TypeVar

from pydantic import ValidationError

from pilotfish.schemas.attempt_log.attempt import (
    LoggedAttempt,
    RecordedAttempt,
    canonical,
)
from pilotfish.schemas.errors import SchemaError

Recorded = TypeVar("Recorded", bound=RecordedAttempt[Any])
Location = tuple[int | str, ...]

_NEEDED: Final = {"problem", "approach", "success", "propensity"}
"""What learning and scoring rest on: where one is odd, the attempt is not guessed at."""
_NEEDED_IN_ELEMENTS: Final = {"kind", "value", "scale"}
"""Without its kind there is no step; a signal with an odd value says nothing."""


def attempt_of(record: object, on_odd: Callable[[str], object]) -> LoggedAttempt:
    """Return the attempt of a record; `on_odd` gets the reason for each field left out.

    Raises:
        SchemaError: it is no attempt; the message names the field.
    """
    if not isinstance(record, dict):
        raise SchemaError("not an object with the fields of an attempt")
    fields = canonical(record)
    fields["steps"] = _steps(fields.get("steps", []))
    return mended(LoggedAttempt, fields, _NEEDED, on_odd)


def mended(
    model: type[Recorded],
    fields: dict[str, Any],
    needed: Collection[str],
    on_odd: Callable[[str], object],
) -> Recorded:
    """Return what these fields say of an attempt, without those that are odd.

    Args:
        model: the attempt's class.
        fields: by the names of the model.
        needed: fields without which there is no attempt.
        on_odd: gets the reason for each field left out.

    Raises:
        SchemaError: a needed field is odd; the message names it.
    """
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        odd = _reasons(error)
    for location, reason in odd.items():
        if location[0] in needed:
            raise SchemaError(reason)
        on_odd(reason)
    return model.model_validate(_without(fields, odd))


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
    kept = dict(fields)
    gone: dict[str, set[int | str]] = defaultdict(set)
    for name, *inside in odd:
        field = str(name)
        if not inside:
            kept.pop(field, None)
        elif len(inside) == 1 or inside[1] in _NEEDED_IN_ELEMENTS:
            gone[field].add(inside[0])
        else:
            kept[field][inside[0]].pop(inside[1], None)
    for field, places in gone.items():
        kept[field] = _but(kept[field], places)
    return kept


def _but(elements: Any, places: Collection[int | str]) -> Any:
    """Return a list or an object without the elements at these places."""
    if isinstance(elements, dict):
        return {name: value for name, value in elements.items() if name not in places}
    return [element for place, element in enumerate(elements) if place not in places]
