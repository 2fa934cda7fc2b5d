"""The life of an attempt: its start, what is said of its outcome, and its end."""

import os
from collections.abc import Mapping
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final, Literal

import uuid_utils

from pilotfish._sdk.attributes import copy_attributes
from pilotfish._sdk.context import Block, caller, enter, handled_outside
from pilotfish._sdk.failures import Ending, describe, ending
from pilotfish._sdk.hint import Hint, PendingHint
from pilotfish._sdk.recorder import Recorder
from pilotfish._sdk.session import Session
from pilotfish._sdk.text import as_text
from pilotfish._sdk.warnings import LOG
from pilotfish.runtime import trace

if TYPE_CHECKING:
    from opentelemetry.trace import Span

_NO_APPROACH: Final = (
    "its advice abstained, and nothing says which approach was used: call "
    "attempt.use(approach) after an abstention"
)


class AttemptBase(Recorder):
    """What `Attempt` and `AsyncAttempt` have in common; nothing here blocks or raises.

    Attributes:
        id: the attempt's id, for `feedback` later.
        problem: the problem as given to `attempt`.
        ended: whether it has ended, by `end` or because its block was left.
        outer: the attempt in whose block this attempt started.
    """

    _instead = "keep its id, and take it up by `pilot.resume(id)`"

    def __init__(
        self,
        session: Session,
        problem: str,
        problem_type: str,
        approach: str | None,
        attributes: Mapping[str, Any] | None,
        resumed: str = "",
    ) -> None:
        taken_up = as_text(resumed)
        super().__init__(session, taken_up or str(uuid_utils.uuid7()))
        self.problem = problem
        self._problem_type = as_text(problem_type)
        self._approach = as_text(approach) or session.approach_by.of_agent or None
        self._used: str | None = None
        self._hint: Hint | None = None
        self._named = True
        self._advised: str | None = None
        self._status: Ending | Literal["succeeded"] = "unknown"
        self._reason = ""
        self.ended = False
        self.outer: AttemptBase | None = None
        self._resumed = bool(taken_up)
        self._process = os.getpid()
        self._block: Block | None = None
        self._span = self._marked_span()
        if not taken_up:
            self._publish_start(attributes)

    def use(self, approach: str) -> None:
        """Record which approach the agent uses.

        Without this call it is the approach of the hint, if that is one of those named,
        and without such a hint the approach given at the start. Where `connect` got
        `approach_by`, it is that fact of the attempt instead, whatever was advised.
        """
        self._used = as_text(approach) or None
        trace.mark_approach(self._span, self._used)

    def succeed(self, reason: str = "") -> None:
        """Record success; published at the end."""
        self._set_outcome("succeeded", reason)

    def fail(self, reason: str = "") -> None:
        """Record failure; published at the end."""
        self._set_outcome("failed", reason)

    def end(self, error: BaseException | None = None) -> None:
        """End the attempt with the outcome given to `succeed` or `fail`, else as unknown.

        Leaving the block does the same. A later call changes nothing.

        Args:
            error: ends the attempt as if this exception had left its block.
        """
        if self.ended:
            return
        self._record_exception(error)
        self.ended = True
        self._publish_end()

    @property
    def outcome(self) -> str:
        """What `succeed` or `fail` said so far, else "unknown"; after the end, its status."""
        return self._status

    @property
    def _counts_as_used(self) -> bool:
        """Whether the approach that was advised is the one that was used, unless told."""
        return self._named and self._session.approach_by.fact is None

    def _ask(self, approaches: Mapping[str, str] | None) -> Hint | PendingHint:
        pending = self._session.ask(
            self.id, self.problem, self._problem_type, approaches
        )
        named = isinstance(pending, Hint) or bool(pending.names)
        self._named = named and approaches is not None
        return pending

    def _ask_next(self) -> Hint | PendingHint:
        steps = [] if self._resumed else self._first_steps
        return self._session.ask_next(self.id, self.problem, self._problem_type, steps)

    def _publish_start(self, attributes: Mapping[str, Any] | None) -> None:
        text = as_text(self.problem)
        copied = copy_attributes(attributes)
        fields = {
            "problem": text,
            "problem_type": self._problem_type,
            "approach": self._approach,
            "attributes": copied,
        }
        self._publish("AttemptStarted", text, fields, copied.size)

    def _set_outcome(self, status: Literal["succeeded", "failed"], reason: str) -> None:
        if self.ended:
            LOG.warning("attempt %s has ended: use feedback() instead", self.id)
            return
        self._status, self._reason = status, as_text(reason)

    def _remember(self, hint: Hint) -> Hint:
        self._hint = hint
        # Whether a strategy that was found is followed, the moves will tell.
        self._advised = hint.approach if self._counts_as_used else None
        return hint

    def _decide(self, hint: Hint, began_ns: int) -> Hint:
        """Remember the answer to a request for advice, and show it in the agent's trace."""
        self._remember(hint)
        with suppress(Exception):  # foreign code: OpenTelemetry's processors
            trace.mark_approach(self._span, self._used or self._advised)
        return self._shown(hint, began_ns)

    def _shown(self, hint: Hint, began_ns: int) -> Hint:
        """Show an answer in the agent's trace."""
        with suppress(Exception):  # foreign code: OpenTelemetry's processors
            trace.decided(self._span, began_ns, hint.text, _about(self.id, hint))
        return hint

    def _marked_span(self) -> "Span | None":
        with suppress(Exception):
            span = trace.span_of_attempt(self.id)
            trace.mark_approach(span, self._approach)
            return span
        return None

    def _enter(self) -> None:
        self._block = enter(self, caller(2))

    def _leave(self, error: BaseException | None) -> None:
        """End the attempt, once, in the process that entered its block."""
        try:
            if not self._goes_on(error) and self._process == os.getpid():
                self.end(error)
        except BaseException:
            # An interrupt at this point must not hide the agent's exception.
            if error is None:
                raise
        finally:
            block, self._block = self._block, None
            if block is not None:
                block.leave()

    def _goes_on(self, error: BaseException | None) -> bool:
        """Whether an attempt that was taken up is left open, for others to take up.

        Not if there is an approach or a hint to publish, which the end does: an end
        without an outcome is not the last one.
        """
        if not self._resumed or self._status != "unknown" or self._hint or self._used:
            return False
        return error is None or self._ending(error) in ("abandoned", "unknown")

    def _ending(self, error: BaseException) -> Ending:
        return ending(error, handled_outside(self), self._session.control_flow)

    def _record_exception(self, error: BaseException | None) -> None:
        """Record how an exception ends the attempt; control flow leaves what was said."""
        if error is None:
            return
        how = self._ending(error)
        if how in ("failed", "infrastructure") or self._status == "unknown":
            self._status, self._reason = how, describe(error)
        if how == "failed":
            self.signal("exception", 0.0, self._reason)
        elif how == "infrastructure":
            self.signal("infrastructure", None, self._reason)

    def _publish_end(self) -> None:
        approach = self._used or self._told or self._advised or self._approach
        if self._hint is not None and self._counts_as_used and approach is None:
            self._session.warn_once(
                _NO_APPROACH, "an attempt teaches nothing about those named"
            )
        with suppress(Exception):
            trace.evaluated(self._span, self._status, self._reason)
        fields = {
            "status": self._status,
            "reason": self._reason,
            "approach": approach,
            "hint": self._hint,
        }
        self._publish("AttemptEnded", self._reason, fields)


def _about(attempt_id: str, hint: Hint) -> dict[str, Any]:
    """Return what a span tells of a hint."""
    names = ("request_id", "approach", "propensity", "confidence", "kind")
    also = ("advisor_version", "abstained", "holdout")
    told = {name: getattr(hint, name) for name in (*names, *also)}
    return {"attempt_id": attempt_id, **told}
