"""Steps from an old version of a message to the next, oldest first.

A step takes the decoded JSON of version n and returns that of version n + 1. Steps are
never removed, because old messages stay in Kafka and in archives.
"""

from collections.abc import Callable, Mapping
from typing import Any

Upcast = Callable[[dict[str, Any]], dict[str, Any]]


def _unchanged(data: dict[str, Any]) -> dict[str, Any]:
    """For a next version that only adds optional fields."""
    return data


UPCASTS: Mapping[tuple[str, int], Upcast] = {
    ("AttemptLabelled", 1): _unchanged,
    ("HintGiven", 1): _unchanged,
}
"""(schema name, version n) -> the step from n to n + 1."""
