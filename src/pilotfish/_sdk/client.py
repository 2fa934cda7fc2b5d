"""The client: where an agent's attempts begin."""

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from pilotfish._sdk.attempt import Attempt
from pilotfish._sdk.hint import Hint
from pilotfish._sdk.memory import Memory
from pilotfish._sdk.pending_event import as_text, draft
from pilotfish._sdk.session import Session
from pilotfish._sdk.stats import Stats
from pilotfish._sdk.subscription import Subscription
from pilotfish._sdk.watch import Watch


class Client:
    """A connection to pilotfish, made by `connect`; safe to share among threads.

    After a fork the child's client works, too: with a queue and connections of its own.
    Subscriptions stay with the parent.
    """

    def __init__(self, session: Session, tenant: str | None = None) -> None:
        self._session = session
        self.watch = Watch(session)
        """A decorator: each call of the function is an attempt. See `Watch`."""
        self.memory = Memory(tenant)
        """What was tried before on similar problems. See `Memory`."""

    def attempt(
        self,
        problem: str,
        *,
        problem_type: str = "",
        approach: str | None = None,
        attributes: Mapping[str, Any] | None = None,
    ) -> Attempt:
        """Begin an attempt; use it in `with`.

        Args:
            problem: the text that was asked; cut at 64 k characters.
            problem_type: your own name for this kind of problem.
            approach: the approach tried, where it is known already.
            attributes: anything else worth keeping, as JSON.
        """
        return Attempt(self._session, problem, problem_type, approach, attributes)

    def feedback(
        self, attempt_id: str, value: float, source: str = "user", detail: str = ""
    ) -> None:
        """Say how an attempt went, any time after its end; 1 is success, 0 failure."""
        text = as_text(detail)
        fields = {"value": value, "source": as_text(source), "detail": text}
        self._session.publish(draft("FeedbackGiven", as_text(attempt_id), text, fields))

    def on_hint(self, callback: Callable[[Hint], object]) -> Subscription:
        """Call back, in another thread, for every hint of the tenant from now on.

        An exception of the callback is logged; the subscription goes on.
        """
        return self._session.subscribe(callback)

    def stats(self) -> Stats:
        """Return what became of the events so far."""
        return self._session.stats()

    def flush(self, timeout_s: float = 10.0) -> bool:
        """Wait until the fate of all events is known; False if time is over before.

        What is in the spool waits, too.
        """
        return self._session.flush(timeout_s)

    def close(self) -> None:
        """Send what is queued, then close; idempotent.

        Waits as long as Kafka takes events; for one that does not answer, 1.2 s. What is
        left then goes to the spool, if there is one. Happens at exit, too.
        """
        self._session.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()
