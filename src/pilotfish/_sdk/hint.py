"""A hint as the agent sees it, and a hint that is still awaited."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pilotfish.schemas.advice import HintGiven


@dataclass(frozen=True, slots=True)
class Hint:
    """An approach and a sentence for the prompt, or an abstention.

    Args:
        request_id: the request that this hint answers.
        approach: the approach to try, or the id of a strategy that was found, where no
            approaches were named; None on abstention.
        text: a sentence for the prompt; empty on abstention.
        kind: the recognised kind of problem.
        confidence: P(success) of `approach`; None on abstention.
        propensity: the probability with which `approach` was chosen; None on abstention.
        abstained: why there is no hint: "holdout", "unsure", "no_advisor", "deadline",
            "unreachable", "invalid"; None if there is a hint.
        detail: more about an abstention.
        holdout: whether the hint was withheld on purpose, to measure what advice does.
        advisor_version: the advisor that answered; empty if none did.
        attempt_id: the attempt that asked for advice.
    """

    request_id: str
    approach: str | None = None
    text: str = ""
    kind: str = ""
    confidence: float | None = None
    propensity: float | None = None
    abstained: str | None = None
    detail: str = ""
    holdout: bool = False
    advisor_version: str = ""
    attempt_id: str | None = None

    @classmethod
    def of(cls, message: "HintGiven", names: Mapping[str, str] | None = None) -> "Hint":
        """Return the hint in a message; `names` are the agent's own, where they differ."""
        approach = message.approach
        return cls(
            request_id=message.request_id,
            approach=(names or {}).get(approach, approach) if approach else None,
            text=message.text,
            kind=message.kind,
            confidence=message.confidence,
            propensity=message.propensity,
            abstained=message.abstained,
            detail=message.detail,
            holdout=message.holdout,
            advisor_version=message.advisor_version,
            attempt_id=message.attempt_id,
        )


class PendingHint(NamedTuple):
    """A hint that was requested and has not arrived.

    A background thread completes `answer`. `give_up` forgets the request and returns the
    reason why there is no answer; it may be called after an answer as well. `names` maps
    approaches as they were sent to the agent's own names; empty if none were.
    """

    request_id: str
    attempt_id: str
    answer: "Future[HintGiven]"
    give_up: Callable[[], str]
    names: Mapping[str, str] | None = None

    def abstention(self, reason: str) -> Hint:
        """Return a hint that abstains for this reason."""
        return Hint(self.request_id, abstained=reason, attempt_id=self.attempt_id)

    def wait(self, timeout_s: float) -> Hint:
        """Block until the answer arrives; abstain on timeout."""
        try:
            return Hint.of(self.answer.result(max(timeout_s, 0.0)), self.names)
        except TimeoutError:
            return self.abstention(self.give_up())
        finally:
            self.give_up()

    async def wait_async(self, timeout_s: float) -> Hint:
        """Wait as `wait` does, without blocking the event loop; safe to cancel."""
        answer = asyncio.wrap_future(self.answer)
        try:
            message = await asyncio.wait_for(answer, max(timeout_s, 0.0))
            return Hint.of(message, self.names)
        except TimeoutError:
            return self.abstention(self.give_up())
        finally:
            self.give_up()
