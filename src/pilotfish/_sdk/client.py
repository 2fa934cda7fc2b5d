"""The client: starts an agent's attempts."""

from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from pilotfish._sdk.attempt import Attempt
from pilotfish._sdk.hint import Hint
from pilotfish._sdk.memory import Memory
from pilotfish._sdk.pending_event import PendingEvent
from pilotfish._sdk.session import Session
from pilotfish._sdk.single import Single
from pilotfish._sdk.stats import Stats
from pilotfish._sdk.subscription import Subscription
from pilotfish._sdk.text import as_text
from pilotfish._sdk.watch import Watch


class Client(Single):
    """A connection to pilotfish, made by `connect`; safe to share among threads.

    After a fork the client also works in the child, with its own queue and connections.
    Subscriptions stay with the parent.
    """

    def __init__(self, session: Session, tenant: str | None = None) -> None:
        self._session = session
        self.watch = Watch(session)
        """A decorator: each call of the function is an attempt. See `Watch`."""
        self.memory = Memory(tenant)
        """Past attempts at similar problems. See `Memory`."""

    def attempt(
        self,
        problem: str,
        *,
        problem_type: str = "",
        approach: str | None = None,
        attributes: Mapping[str, Any] | None = None,
    ) -> Attempt:
        """Start an attempt; use it in `with`.

        Args:
            problem: the text of the problem; cut at 64 k characters.
            problem_type: your own name for this kind of problem.
            approach: the approach, if it is already decided.
            attributes: anything else worth keeping, as JSON: up to 500 attributes with
                2,000 values and 1 MB in all. What is too large is left out. "user.id" or
                "session.id", a text or a number, says who asks.
        """
        return Attempt(self._session, problem, problem_type, approach, attributes)

    def resume(
        self, attempt_id: str, problem: str = "", *, problem_type: str = ""
    ) -> Attempt:
        """Take up an attempt that began in another request, thread or process.

        Its steps, signals and outcome are added to those it has. Leaving its block ends
        it only if an outcome was given or the code in the block failed; `end` always does.

        Args:
            attempt_id: the attempt's id.
            problem: the problem, if `advice` is to be asked for.
            problem_type: its type, for `advice`, too.
        """
        return Attempt(self._session, problem, problem_type, None, None, attempt_id)

    def feedback(
        self,
        attempt_id: str,
        value: float | str | None,
        source: str = "user",
        detail: str = "",
        *,
        scale: float | tuple[float, float] | None = None,
    ) -> None:
        """Record how an attempt went, any time after its end.

            pilot.feedback(attempt_id, 4, scale=(1, 5))

        Args:
            attempt_id: the attempt's `id`.
            value: a number from 0, failure, to 1, success, or on the scale; True, False,
                "up" or "down"; None for a comment only.
            source: who gives it.
            detail: an explanation.
            scale: the best value, if the worst is 0; or the worst and the best value.
        """
        text = as_text(detail)
        fields = {
            "value": value,
            "scale": scale,
            "source": as_text(source),
            "detail": text,
        }
        event = PendingEvent.now("FeedbackGiven", as_text(attempt_id), text, fields)
        self._session.publish(event)

    def on_hint(self, callback: Callable[[Hint], object]) -> Subscription:
        """Call `callback`, in another thread, for every hint of the tenant from now on.

        An exception in the callback is logged; the subscription stays open.
        """
        return self._session.subscribe(callback)

    def stats(self) -> Stats:
        """Return how many events were sent, queued, dropped and so on, so far."""
        return self._session.stats()

    def flush(self, timeout_s: float = 10.0) -> bool:
        """Wait until every event is sent, rejected, dropped or failed; False on timeout.

        Events in the spool are waited for, too.
        """
        return self._session.flush(timeout_s)

    def close(self) -> None:
        """Send what is queued, then close; idempotent. Runs at exit, too.

        Waits as long as Kafka accepts events, and at most 1.2 s for a Kafka that does not
        answer. Events that remain go to the spool, if there is one.
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
