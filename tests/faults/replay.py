"""Events of many attempts, in the mixed order in which agents at work publish them."""

import random
import time
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Any, TypeVar

from pilotfish.runtime.kafka import producer, publish
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.events import (
    AttemptEnded,
    AttemptStarted,
    Event,
    FeedbackGiven,
    SignalRecorded,
    StepRecorded,
)
from pilotfish.schemas.ids import new_id
from pilotfish.schemas.topics import EVENTS

PER_ATTEMPT = 10
APPROACHES = ("plan", "react", "direct")

Part = TypeVar("Part")


def attempt(tenant: str, number: int) -> Iterator[Event]:
    """Ten events: every eleventh attempt abstains, every seventh is revised later."""
    common: dict[str, Any] = {"tenant": tenant, "attempt_id": new_id()}
    yield AttemptStarted(
        **common,
        at=utc_now(),
        problem=f"problem {number % 300}",
        problem_type=f"type {number % 3}",
        approach=APPROACHES[number % len(APPROACHES)],
    )
    for step in range(PER_ATTEMPT - 3):
        yield StepRecorded(
            **common, kind="action", name="try", content="x" * 100, cost=0.125 * step
        )
    if number % 11 == 0:
        yield SignalRecorded(**common, kind="verifier", value=number % 2)
        yield AttemptEnded(**common, status="infrastructure", reason="rate limit")
    elif number % 7 == 0:
        yield AttemptEnded(**common, status="failed")
        yield FeedbackGiven(**common, value=1.0)
    else:
        yield SignalRecorded(**common, kind="verifier", value=number % 2)
        yield AttemptEnded(**common, status="unknown")


def events(tenant: str, attempts: int, open_at_once: int = 50) -> Iterator[Event]:
    """Yield the events of so many attempts, fifty attempts at a time mixed."""
    return mixed((attempt(tenant, n) for n in range(attempts)), open_at_once)


def mixed(stories: Iterator[Iterator[Part]], open_at_once: int = 50) -> Iterator[Part]:
    """Yield the parts of all stories, each story's in order, so many at a time mixed."""
    order = random.Random(7)
    running = list(islice(stories, open_at_once))
    while running:
        chosen = order.randrange(len(running))
        try:
            part = next(running[chosen])
        except StopIteration:
            running[chosen : chosen + 1] = islice(stories, 1)
        else:
            yield part


def replay(
    settings: Settings,
    attempts: int,
    per_second: int = 2500,
    each_second: Callable[[int], None] = lambda _: None,
) -> list[Event]:
    """Publish at a steady rate; calls `each_second` with the number of the second."""
    to = producer(settings)
    published: list[Event] = []
    begin = time.monotonic()
    for event in events(settings.tenant, attempts):
        publish(to, EVENTS, event.attempt_id, event)
        published.append(event)
        if len(published) % per_second == 0:
            second = len(published) // per_second
            each_second(second)
            while time.monotonic() < begin + second:
                to.poll(0.01)
    assert to.flush(60) == 0
    return published
