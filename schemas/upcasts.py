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


def _exit_code_as_probability(data: dict[str, Any]) -> dict[str, Any]:
    """Version 1 took P(success) for an exit code, too: 1 was success."""
    return data | {"scale": 1} if data["kind"] == "exit_code" else data


UPCASTS: Mapping[tuple[str, int], Upcast] = {
    ("AdviceRequested", 1): _unchanged,
    ("AdviceRequested", 2): _unchanged,
    ("AttemptLabelled", 1): _unchanged,
    ("AttemptLabelled", 2): _unchanged,
    ("FeedbackGiven", 1): _unchanged,
    ("HintGiven", 1): _unchanged,
    ("SignalRecorded", 1): _exit_code_as_probability,
    ("StrategyChanged", 1): _unchanged,
}
"""(schema name, version n) -> the step from n to n + 1."""
