"""JSON that stands in a text: many tools write objects and lists as strings."""

import json
from typing import Any


def parsed(value: Any) -> Any:
    """Return what a text holds that is JSON of an object or a list; all else as it is."""
    if not isinstance(value, str) or value.lstrip()[:1] not in ("{", "["):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def mapping(value: object) -> dict[str, Any]:
    """Return an object, or the one that a text holds as JSON; an empty one otherwise."""
    read = parsed(value)
    return read if isinstance(read, dict) else {}
