"""The interface between the SDK and Kafka, and its in-memory implementation."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import NamedTuple, Protocol

from pilotfish._sdk.hint import PendingHint
from pilotfish._sdk.stats import SpoolCounts
from pilotfish._sdk.text import as_text
from pilotfish.schemas.advice import AdviceRequested, Candidate, HintGiven
from pilotfish.schemas.events import Event


class Failure(NamedTuple):
    """Why an event did not arrive; `final` if retrying cannot help."""

    reason: str
    final: bool = False


OnSettled = Callable[[Failure | None], None]
"""Called once when an event arrived (with None) or failed for good. Not called for events
in the spool, which counts them itself."""
Advise = Callable[[AdviceRequested], str | None]
"""Returns the approach for a request; None abstains."""


class Transport(Protocol):
    """How a client reaches Kafka. `spool` counts the events that are or were on disk."""

    @property
    def spool(self) -> SpoolCounts: ...

    def publish(self, event: Event, on_settled: OnSettled) -> bool:
        """Accept an event; False if there is no room at the moment.

        Raises:
            SchemaError: this event can never be sent.
        """
        ...

    def poll(self, timeout_s: float) -> None:
        """Run the `on_settled` callbacks that are due; waits at most `timeout_s` for one."""
        ...

    def is_reachable(self, timeout_s: float) -> bool:
        """Return whether a server answers within `timeout_s`."""
        ...

    def spool_everything(self) -> bool:
        """Write events that have not arrived to disk; False if there is no spool.

        From then on `publish` accepts every event and writes it to disk.
        """
        ...

    def ask(self, request: AdviceRequested) -> PendingHint:
        """Send a request without waiting; the transport fills in the reply partition."""
        ...

    def subscribe(
        self, tenant: str, callback: Callable[[HintGiven], None]
    ) -> Callable[[], None]:
        """Call `callback` for every hint from now on; returns a function that stops it."""
        ...

    def close(self) -> None:
        """Release all resources; events not acknowledged by then settle as failed."""
        ...


class MemoryTransport:
    """Keeps events in a list, and answers requests for advice itself.

    Args:
        advise: returns the approach; None leaves every request unanswered.
    """

    def __init__(self, advise: Advise | None = None) -> None:
        self.events: list[Event] = []
        self.requests: list[AdviceRequested] = []
        self.advise = advise
        self.spool = SpoolCounts()
        self._callbacks: dict[object, tuple[str, Callable[[HintGiven], None]]] = {}
        self._lock = threading.Lock()

    def publish(self, event: Event, on_settled: OnSettled) -> bool:
        self.events.append(event)
        on_settled(None)
        return True

    def poll(self, timeout_s: float) -> None:
        """Nothing is ever due: events settle at once."""

    def is_reachable(self, timeout_s: float) -> bool:
        return True

    def spool_everything(self) -> bool:
        return False

    def ask(self, request: AdviceRequested) -> PendingHint:
        answer: Future[HintGiven] = Future()
        with self._lock:
            self.requests.append(request)
            callbacks = list(self._callbacks.values())
        if self.advise is not None:
            hint = scripted_hint(request, self.advise(request))
            answer.set_result(hint)
            for tenant, callback in callbacks:
                if tenant == hint.tenant:
                    callback(hint)
        attempt_id = request.attempt_id or ""
        return PendingHint(request.request_id, attempt_id, answer, lambda: "deadline")

    def subscribe(
        self, tenant: str, callback: Callable[[HintGiven], None]
    ) -> Callable[[], None]:
        key = object()
        with self._lock:
            self._callbacks[key] = (tenant, callback)

        def unsubscribe() -> None:
            with self._lock:
                self._callbacks.pop(key, None)

        return unsubscribe

    def close(self) -> None:
        self._callbacks.clear()


def scripted_hint(request: AdviceRequested, approach: str | None) -> HintGiven:
    """Return a hint that names `approach`; an abstention for None.

    Where the request names no approaches, it is the only strategy that was found.
    """
    common = {
        "request_id": request.request_id,
        "tenant": request.tenant,
        "client_id": request.client_id,
        "attempt_id": request.attempt_id,
        "advisor_version": "memory",
    }
    if approach is None:
        return HintGiven(**common, abstained="unsure")
    approach = as_text(approach)
    candidates = request.approaches or {approach: ""}
    return HintGiven(
        **common,
        approach=approach,
        text=f"Use the approach '{approach}': {candidates.get(approach, '')}",
        confidence=0.9,
        candidates=tuple(
            Candidate(approach=name, p_success=0.9, propensity=float(name == approach))
            for name in candidates
        ),
    )
