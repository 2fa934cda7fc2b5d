"""Values of attributes as they are needed: an odd value is no value, and never an error."""

import json
import math
from typing import Final

from pydantic import JsonValue

from pilotfish.schemas.ids import MAX_NAME
from pilotfish.schemas.json_in_text import parsed
from pilotfish.schemas.texts import encodable

_MOST: Final = 10_000
"""Parts of a list that are read: of messages, documents, evaluations."""


def text(value: JsonValue) -> str:
    """Return a text as it is, null as nothing, and all else as JSON."""
    if value is None:
        return ""
    if not isinstance(value, str):
        value = json.dumps(value, ensure_ascii=False)
    return encodable(value)


def name(value: JsonValue) -> str:
    """Return a text, a number or a truth as a name; anything else is none."""
    plain = isinstance(value, str | int | float)
    return text(value).strip()[:MAX_NAME] if plain else ""


def number(value: JsonValue, most: float) -> float | None:
    """Return a number from 0 to `most`, given as a number or as text."""
    read = signed(value)
    return read if read is not None and 0 <= read <= most else None


def signed(value: JsonValue) -> float | None:
    """Return a finite number, given as a number or as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        read = float(value)
    except (ValueError, OverflowError):
        return None
    return read if math.isfinite(read) else None


def unquoted(value: JsonValue) -> JsonValue:
    """Return what a text holds that is JSON of a text, and all else as it is."""
    if not isinstance(value, str) or not value.startswith('"'):
        return value
    try:
        read = json.loads(value)
    except ValueError:
        return value
    return read if isinstance(read, str) else value


def listed(value: JsonValue) -> list[JsonValue]:
    """Return the parts of a list, or of one that a text holds; a single part is one of one."""
    read = parsed(value)
    if read is None or read == "":
        return []
    return read[:_MOST] if isinstance(read, list) else [read]


def numbered(parts: dict[str, JsonValue]) -> list[JsonValue]:
    """Return the parts of a list whose keys are their numbers, in order."""
    numbers = sorted((int(key), key) for key in parts if key.isdecimal())
    return [parts[key] for _, key in numbers[:_MOST]]
