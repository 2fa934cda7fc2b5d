"""Steps from an old version of a message to the next, oldest first.

A step takes the decoded JSON of version n and returns that of version n + 1. Steps are
only ever added: old messages stay in Kafka and in archives for as long as those live.
"""

from collections.abc import Callable, Mapping
from typing import Any

Upcast = Callable[[dict[str, Any]], dict[str, Any]]


def _unchanged(data: dict[str, Any]) -> dict[str, Any]:
    """The next version only adds fields, which may be missing."""
    return data


UPCASTS: Mapping[tuple[str, int], Upcast] = {
    ("AttemptLabelled", 1): _unchanged,
    ("HintGiven", 1): _unchanged,
}
"""(schema name, version n) -> the step from n to n + 1."""
