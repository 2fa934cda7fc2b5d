"""What happens in an attempt, recorded without blocking: its steps and signals."""

from typing import Any, Final

from pilotfish._sdk.pending_event import EventName, PendingEvent
from pilotfish._sdk.session import Session
from pilotfish._sdk.single import Single
from pilotfish._sdk.text import as_text, cut_text

_KEPT: Final = 64
_KEPT_CHARACTERS: Final = 2000
"""Of each of the first steps, for `next_move`. Twice what is sent, so that a secret at the
cut is still whole when `redact` looks for it."""


class Recorder(Single):
    """Records the steps and signals of an attempt.

    Contents are cut at 256 kB of UTF-8 (`truncated` is then set). A field that does not
    fit, such as a negative cost or a name of 201 characters, is cut, converted or left
    out, counted as `mended` and logged once.

    Whatever is not text becomes text in one way: a member of `class A(str, Enum)` is its
    value, other objects are converted by `str()`, and of a large collection only the first
    thousand values.
    """

    def __init__(self, session: Session, attempt_id: str) -> None:
        self.id = attempt_id
        self._session = session
        self._first_steps: list[tuple[str, str, str]] = []
        self._told: str | None = None
        """The approach that a step told, see `ApproachBy`."""

    def thought(self, name: str, content: str = "", **measures: Any) -> None:
        """Record a thought; `measures` as in `step`."""
        self.step("thought", name, content, **measures)

    def action(self, name: str, content: str = "", **measures: Any) -> None:
        """Record an action, such as a call of a tool; `measures` as in `step`."""
        self.step("action", name, content, **measures)

    def observation(self, name: str, content: str = "", **measures: Any) -> None:
        """Record the result of an action; `measures` as in `step`."""
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
            kind: "thought", "action", "observation" or "answer"; anything else becomes
                a thought.
            name: up to 200 characters; use the same name for the same kind of step.
            content: the text, or any object.
            cost: in a currency of your choice, the same for all attempts.
            tokens: the sum over all models.
            duration_s: how long the step took, in seconds.
        """
        text, truncated = cut_text(content)
        kind, name = as_text(kind), as_text(name)
        if len(self._first_steps) < _KEPT:
            self._first_steps.append((kind, name, text[:_KEPT_CHARACTERS]))
        by = self._session.approach_by
        if by.fact is not None and self._told is None:
            self._told = by.of_step(kind, name, text) or None
        fields = {
            "kind": kind,
            "name": name,
            "content": text,
            "truncated": truncated,
            "cost": cost,
            "tokens": tokens,
            "duration_s": duration_s,
        }
        self._publish("StepRecorded", text, fields)

    def signal(
        self,
        kind: str,
        value: float | str | None = None,
        detail: str = "",
        *,
        scale: float | tuple[float, float] | None = None,
    ) -> None:
        """Record evidence of how the attempt went, in its own unit.

            attempt.signal("exit_code", done.returncode)
            attempt.signal("tests", passed, scale=total)
            attempt.signal("judge", 7, scale=10)

        Args:
            kind: "explicit", "verifier", "exit_code", "tests", "judge", "thumbs",
                "exception", "infrastructure", "retry" or "abandoned".
            value: for "exit_code" a process's exit status: 0 is success, any other integer
                failure. For "thumbs" 1 or -1, "up" or "down". For all others a number
                from 0, failure, to 1, success, or on the scale. True is success and False
                is failure, whatever the kind; None is neither. A value that cannot be
                read this way is left out.
            detail: an explanation.
            scale: the best value, if the worst is 0; or the worst and the best value. An
                exit status has none.
        """
        text = as_text(detail)
        fields = {"kind": as_text(kind), "value": value, "scale": scale, "detail": text}
        self._publish("SignalRecorded", text, fields)

    def _publish(
        self,
        event: EventName,
        text: str,
        fields: dict[str, Any],
        more_bytes: int = 0,
    ) -> None:
        pending = PendingEvent.now(event, self.id, text, fields, more_bytes)
        self._session.publish(pending)
