"""Values of foreign records as they are needed: an odd value is no value, never an error."""

import json
import math
from datetime import UTC, datetime
from typing import Any, Final

from pilotfish.schemas.json_in_text import parsed
from pilotfish.schemas.texts import encodable

_TEXTS: Final = ("text", "input_text", "output_text", "reasoning_text", "summary_text")


def elements(value: object) -> list[Any]:
    """Return a list, also one that stands in a text as JSON; otherwise an empty one."""
    value = parsed(value)
    return list(value) if isinstance(value, list | tuple) else []


def mappings(value: object) -> list[dict[str, Any]]:
    """Return the objects of a list."""
    return [element for element in elements(value) if isinstance(element, dict)]


def text(value: object) -> str:
    """Return the text of a message's content: a text, or a list of parts that have texts.

    An image is `[image]`; what is neither a text nor a part is JSON.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return encodable(value)
    if isinstance(value, list):
        return "\n".join(filter(None, (text(_part(part)) for part in value)))
    return encodable(json.dumps(value, ensure_ascii=False, default=str))


def _part(part: object) -> object:
    if not isinstance(part, dict):
        return part
    kind = part.get("type")
    if isinstance(part.get("text"), str) and kind in (*_TEXTS, None):
        return part["text"]
    if kind in ("text", "tool_result"):
        return part.get("content")
    return f"[{kind}]" if isinstance(kind, str) else part


def name(value: object) -> str:
    """Return a text or a number as a name; anything else is none."""
    plain = isinstance(value, str | int | float) and not isinstance(value, bool)
    return encodable(str(value)).strip() if plain else ""


def number(value: object) -> float:
    """Return a finite number that is not negative, or else 0."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return 0.0
    try:
        read = float(value)
    except OverflowError:
        return 0.0
    return read if math.isfinite(read) and read >= 0 else 0.0


def count(value: object) -> int:
    """Return a number of tokens."""
    return int(number(value))


def moment(value: object) -> datetime | None:
    """Return the time of a text in ISO 8601, in UTC where it has no zone; None if it has none."""
    if isinstance(value, datetime):
        read = value
    elif isinstance(value, str):
        try:
            read = datetime.fromisoformat(value)
        except ValueError:
            return None
    else:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def seconds_between(start: object, end: object) -> float | None:
    """Return how long something took; None if that is not known."""
    begun, done = moment(start), moment(end)
    if begun is None or done is None or done < begun:
        return None
    return (done - begun).total_seconds()


def given(fields: dict[str, Any]) -> dict[str, Any]:
    """Return the fields that have a value, also inside lists; NaN is none."""
    return {key: _given(value) for key, value in fields.items() if not _is_none(value)}


def _given(value: object) -> object:
    if isinstance(value, list):
        return [given(item) if isinstance(item, dict) else item for item in value]
    return value


def _is_none(value: object) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))
