"""The seam between the SDK and Kafka, and the side of it that needs no Kafka."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import NamedTuple, Protocol

from pilotfish._sdk.hint import Question
from pilotfish._sdk.stats import SpoolCounts
from pilotfish.schemas.advice import AdviceRequested, Candidate, HintGiven
from pilotfish.schemas.events import Event


class Failure(NamedTuple):
    """Why an event did not arrive; `final` if it never can."""

    reason: str
    final: bool = False


Settled = Callable[[Failure | None], None]
"""Called when the fate of an event is known: with None when it arrived. Not called for
those that went to the spool, which counts them itself."""
Advise = Callable[[AdviceRequested], str | None]
"""Names the approach for a request; None abstains."""


class Transport(Protocol):
    """What a client needs of the outside. `spool` tells of what is or was on disk."""

    @property
    def spool(self) -> SpoolCounts: ...

    def publish(self, event: Event, settled: Settled) -> bool:
        """Take an event; False if there is no room now.

        Raises:
            SchemaError: this event can never be sent.
        """
        ...

    def poll(self, timeout_s: float) -> None:
        """Call what is due of the `settled`; waits for one at most so long."""
        ...

    def answers(self, timeout_s: float) -> bool:
        """Say whether anybody is there; waits for that at most so long."""
        ...

    def keep(self) -> bool:
        """Put on disk what has not arrived; False if there is no disk to put it on.

        From then on `publish` takes everything, for the disk.
        """
        ...

    def ask(self, request: AdviceRequested) -> Question:
        """Send a request, without waiting; the reply address is filled in here."""
        ...

    def subscribe(
        self, tenant: str, callback: Callable[[HintGiven], None]
    ) -> Callable[[], None]:
        """Call back for every hint from now on; returns what ends that."""
        ...

    def close(self) -> None:
        """Let go of everything; what is not acknowledged settles as failed."""
        ...


class MemoryTransport:
    """Keeps events in a list, and answers requests itself.

    Args:
        advise: names the approach; None leaves every request without an answer.
    """

    def __init__(self, advise: Advise | None = None) -> None:
        self.events: list[Event] = []
        self.requests: list[AdviceRequested] = []
        self.advise = advise
        self.spool = SpoolCounts()
        self._callbacks: dict[object, tuple[str, Callable[[HintGiven], None]]] = {}
        self._lock = threading.Lock()

    def publish(self, event: Event, settled: Settled) -> bool:
        self.events.append(event)
        settled(None)
        return True

    def poll(self, timeout_s: float) -> None:
        """Nothing is ever due: events settle at once."""

    def answers(self, timeout_s: float) -> bool:
        return True

    def keep(self) -> bool:
        return False

    def ask(self, request: AdviceRequested) -> Question:
        answer: Future[HintGiven] = Future()
        with self._lock:
            self.requests.append(request)
            callbacks = list(self._callbacks.values())
        if self.advise is not None:
            given = answer_from_memory(request, self.advise(request))
            answer.set_result(given)
            for tenant, callback in callbacks:
                if tenant == given.tenant:
                    callback(given)
        about = request.request_id, request.attempt_id or ""
        return Question(*about, answer, lambda: "deadline")

    def subscribe(
        self, tenant: str, callback: Callable[[HintGiven], None]
    ) -> Callable[[], None]:
        key = object()
        with self._lock:
            self._callbacks[key] = (tenant, callback)

        def end() -> None:
            with self._lock:
                self._callbacks.pop(key, None)

        return end

    def close(self) -> None:
        self._callbacks.clear()


def answer_from_memory(request: AdviceRequested, approach: str | None) -> HintGiven:
    """Return the hint for an approach; an abstention for None."""
    about = {
        "request_id": request.request_id,
        "tenant": request.tenant,
        "client_id": request.client_id,
        "attempt_id": request.attempt_id,
        "advisor_version": "memory",
    }
    if approach is None:
        return HintGiven(**about, abstained="unsure")
    return HintGiven(
        **about,
        approach=approach,
        text=f"Use the approach '{approach}': {request.approaches.get(approach, '')}",
        confidence=0.9,
        candidates=tuple(
            Candidate(approach=name, p_success=0.9, propensity=float(name == approach))
            for name in request.approaches
        ),
    )
