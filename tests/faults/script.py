"""A known stream, published through the SDK: what must come out of it is known before.

Twenty events an attempt, the attempts mixed. Of those whose number divides by eleven a
provider fails: no label. Those whose number divides by seven fail, and feedback that
comes late, every other time doubled, says that they succeeded after all. The others are
verified. One message in 110 is bad, and every tenth attempt asks for advice.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import count, takewhile
from typing import TypeVar

from faults.replay import mixed
from faults.topics import messages

import pilotfish
from pilotfish.runtime.kafka import producer, publish
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.advice import AdviceRequested
from pilotfish.schemas.events import FeedbackGiven
from pilotfish.schemas.topics import ADVICE_REQUESTS, EVENTS

PER_ATTEMPT = 20
STEPS = 17
BAD_EVERY = 110
T = TypeVar("T")

APPROACHES = {"plan": "plan first", "react": "think, act, look", "direct": "say it"}


@dataclass(frozen=True, slots=True)
class Truth:
    """What must be known of one attempt in the end.

    Args:
        p_success: what somebody said comes true to the digit; of what a verifier found,
            the side, because labels say how far it can be believed.
    """

    p_success: float | None
    problem_type: str
    approach: str
    cost: float
    events: int = PER_ATTEMPT
    said: bool = False

    def fits(self, label: float | None) -> bool:
        """Return whether a label says what is true."""
        if label is None or self.p_success is None or self.said:
            return label == self.p_success
        return abs(label - self.p_success) < 0.5


@dataclass
class Script:
    """Plays attempts; `truths` and `bad` say what was published so far."""

    settings: Settings
    attempts: int = 0
    truths: dict[str, Truth] = field(default_factory=dict)
    bad: int = 0
    requests: set[str] = field(default_factory=set)
    """Ids of the requests for advice that reached Kafka; filled by `settle`."""
    slowest_s: float = 0.0
    """The longest that the agent waited for the SDK, asking for advice left out."""

    def __post_init__(self) -> None:
        self.client = pilotfish.connect(
            kafka=self.settings.kafka,
            tenant=self.settings.tenant,
            advice_deadline_s=0.05,
        )
        self._raw = producer(self.settings)

    def play(self, seconds: float) -> None:
        """Publish everything, evenly over so many seconds."""
        numbers = iter(range(self.attempts))
        self._publish(numbers, self.attempts * PER_ATTEMPT / seconds)

    def play_until(self, over: threading.Event, per_second: float) -> None:
        """Publish so many events a second until it is over, and end what was begun."""
        self._publish(takewhile(lambda _: not over.is_set(), count()), per_second)

    def _publish(self, numbers: Iterator[int], per_second: float) -> None:
        begin = time.monotonic()
        stories = (self._attempt(number) for number in numbers)
        for number, _ in enumerate(mixed(stories), start=1):
            if number % BAD_EVERY == 0:
                self._publish_bad()
            ahead = begin + number / per_second - time.monotonic()
            if ahead > 0.02:
                self._raw.poll(0)
                time.sleep(ahead)

    def settle(self, within_s: float = 180.0) -> str:
        """Wait until Kafka has it all; return what the SDK could not deliver, else ""."""
        delivered = self.client.flush(within_s) and not self._raw.flush(within_s)
        self.requests = {
            one.request_id
            for _, one in messages(self.settings, ADVICE_REQUESTS)
            if isinstance(one, AdviceRequested)
        }
        stats = self.client.stats()
        lost = stats.dropped + stats.rejected + stats.failed
        return "" if delivered and not lost else f"the SDK says {stats}"

    def close(self) -> None:
        self.client.close()

    def _attempt(self, number: int) -> Iterator[None]:
        kind, approach = f"type {number % 3}", list(APPROACHES)[number // 3 % 3]
        begun = self._timed(
            lambda: self.client.attempt(
                f"w{number % 300} w7", problem_type=kind, approach=approach
            )
        )
        yield
        with suppress(TimeoutError), begun as attempt:
            if number % 10 == 0:
                attempt.advice(APPROACHES)
            attempt.use(approach)
            for _ in range(STEPS):
                self._timed(lambda: attempt.action("try", "x" * 300, cost=0.125))
                yield
            verified = float(number % 2)
            truth = Truth(verified, kind, approach, 0.125 * STEPS)
            if number % 11 == 0:
                truth = Truth(None, kind, approach, 0.125 * STEPS)
            elif number % 7 == 0:
                truth = Truth(1.0, kind, approach, 0.125 * STEPS, said=True)
                attempt.fail()
            else:
                attempt.signal("verifier", verified)
                yield
            self.truths[attempt.id] = truth
            if number % 11 == 0:
                raise TimeoutError("the provider did not answer")
        yield
        if number % 11 and number % 7 == 0:
            yield from self._feedback(attempt.id, number)

    def _feedback(self, attempt_id: str, number: int) -> Iterator[None]:
        for _ in range(PER_ATTEMPT):  # late: other attempts go on meanwhile
            yield
        if number % 2:
            self.client.feedback(attempt_id, 1.0)
            return
        said = FeedbackGiven(
            tenant=self.settings.tenant, attempt_id=attempt_id, value=1.0
        )
        for _ in range(2):
            publish(self._raw, EVENTS, attempt_id, said)

    def _publish_bad(self) -> None:
        self.bad += 1
        text = f'{{"tenant": "{self.settings.tenant}", "attempt_id": ""}}'
        self._raw.produce(
            EVENTS.name, text, headers={"schema": b"AttemptEnded", "version": b"1"}
        )

    def _timed(self, call: Callable[[], T]) -> T:
        begin = time.monotonic()
        done = call()
        self.slowest_s = max(self.slowest_s, time.monotonic() - begin)
        return done
