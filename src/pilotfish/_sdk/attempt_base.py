"""One attempt as it goes: its start, steps, signals and end, without waiting."""

import os
from collections.abc import Mapping
from typing import Any

import uuid_utils

from pilotfish._sdk.context import CURRENT, current_attempt
from pilotfish._sdk.failures import describe, ending
from pilotfish._sdk.hint import Hint
from pilotfish._sdk.pending_event import as_text, draft, frozen
from pilotfish._sdk.session import Session
from pilotfish._sdk.warnings import LOG


class Recording:
    """What `Attempt` and `AsyncAttempt` have in common.

    Nothing here waits or raises. Contents are cut at 256 kB of UTF-8 (`truncated` is then
    set); what no message takes, such as a negative cost, is counted as rejected.

    Attributes:
        id: the attempt's id, for `feedback` later.
        problem: the problem as it was given.
        ended: whether its block was left.
        outer: the attempt in whose block this one began.
    """

    def __init__(
        self,
        session: Session,
        problem: str,
        problem_type: str,
        approach: str | None,
        attributes: Mapping[str, Any] | None,
    ) -> None:
        self.id = str(uuid_utils.uuid7())
        self.problem = problem
        self._session = session
        self._problem_type = as_text(problem_type)
        self._approach = as_text(approach) or None
        self._used: str | None = None
        self._hint: Hint | None = None
        self._status = "unknown"
        self._reason = ""
        self.ended = False
        self.outer: Recording | None = None
        self._process = os.getpid()
        self._start(attributes)

    def thought(self, name: str, content: str = "", **measures: Any) -> None:
        """Record a thought; `measures` as in `step`."""
        self.step("thought", name, content, **measures)

    def action(self, name: str, content: str = "", **measures: Any) -> None:
        """Record an action, such as a call of a tool; `measures` as in `step`."""
        self.step("action", name, content, **measures)

    def observation(self, name: str, content: str = "", **measures: Any) -> None:
        """Record what an action brought; `measures` as in `step`."""
        self.step("observation", name, content, **measures)

    def answer(self, name: str, content: str = "", **measures: Any) -> None:
        """Record an answer; `measures` as in `step`."""
        self.step("answer", name, content, **measures)

    def step(
        self,
        kind: str,
        name: str,
        content: str = "",
        *,
        cost: float = 0.0,
        tokens: int = 0,
        duration_s: float | None = None,
    ) -> None:
        """Record a step.

        Args:
            kind: "thought", "action", "observation" or "answer".
            name: what it is, up to 200 characters: the same name for the same thing.
            content: the text of it; what is no text becomes `str()` of itself.
            cost: in the currency of your choice, always the same.
            tokens: of all models together.
            duration_s: seconds it took.
        """
        text = as_text(content)
        fields = {
            "kind": kind,
            "name": as_text(name),
            "content": text,
            "truncated": type(content) is str and len(content) > len(text),
            "cost": cost,
            "tokens": tokens,
            "duration_s": duration_s,
        }
        self._session.publish(draft("StepRecorded", self.id, text, fields))

    def signal(self, kind: str, value: float | None = None, detail: str = "") -> None:
        """Record something that says how it went.

        Args:
            kind: "explicit", "verifier", "exit_code", "tests", "judge", "thumbs",
                "exception", "infrastructure", "retry" or "abandoned".
            value: 1 is success, 0 is failure, whatever the kind; None says neither.
            detail: why.
        """
        text = as_text(detail)
        fields = {"kind": kind, "value": value, "detail": text}
        self._session.publish(draft("SignalRecorded", self.id, text, fields))

    def use(self, approach: str) -> None:
        """Say which approach is tried.

        Without this it is the hint's, and without a hint the one named at the start.
        """
        self._used = as_text(approach) or None

    def succeed(self, reason: str = "") -> None:
        """Say that it went well; published when the block is left."""
        self._conclude("succeeded", reason)

    def fail(self, reason: str = "") -> None:
        """Say that it did not; published when the block is left."""
        self._conclude("failed", reason)

    def _start(self, attributes: Mapping[str, Any] | None) -> None:
        text = as_text(self.problem)
        more = self._frozen(attributes)
        fields = {
            "problem": text,
            "problem_type": self._problem_type,
            "approach": self._approach,
            "attributes": more,
        }
        whole = text + more
        self._session.publish(draft("AttemptStarted", self.id, whole, fields))

    def _frozen(self, attributes: Mapping[str, Any] | None) -> str:
        try:
            return frozen(attributes)
        except Exception as error:  # noqa: BLE001 - whatever was given is not JSON
            LOG.warning("attributes of an attempt are left out: %r", error)
            return ""

    def _conclude(self, status: str, reason: str) -> None:
        if self.ended:
            LOG.warning("attempt %s is over: use feedback() for late news", self.id)
            return
        self._status, self._reason = status, as_text(reason)

    def _remember(self, hint: Hint) -> Hint:
        self._hint = hint
        return hint

    def _enter(self) -> None:
        self.outer = current_attempt()
        CURRENT.set(self)

    def _leave(self, error: BaseException | None) -> None:
        """End the attempt, once, in the process that began it."""
        try:
            if CURRENT.get() is self:
                CURRENT.set(self.outer)
            if not self.ended and self._process == os.getpid():
                self.ended = True
                self._raised(error)
                self._end()
        except BaseException:
            # An interrupt that comes just here must not hide the agent's exception.
            if error is None:
                raise

    def _raised(self, error: BaseException | None) -> None:
        if error is None:
            return
        self._status, self._reason = ending(error), describe(error)
        if self._status == "failed":
            self.signal("exception", 0.0, self._reason)
        elif self._status == "infrastructure":
            self.signal("infrastructure", None, self._reason)

    def _end(self) -> None:
        hinted = self._hint.approach if self._hint else None
        fields = {
            "status": self._status,
            "reason": self._reason,
            "approach": self._used or hinted or self._approach,
            "hint": self._hint,
        }
        self._session.publish(draft("AttemptEnded", self.id, self._reason, fields))
