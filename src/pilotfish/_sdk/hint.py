"""A hint as the agent sees it, and the wait for it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pilotfish.schemas.advice import HintGiven


@dataclass(frozen=True, slots=True)
class Hint:
    """An approach and a sentence for the prompt, or an abstention.

    Args:
        request_id: the request that this answers.
        approach: the approach to try; None on abstention.
        text: a sentence for the prompt; empty on abstention.
        kind: the kind of problem that was recognised.
        confidence: P(success) of `approach`; None on abstention.
        propensity: the probability with which it was chosen; None on abstention.
        abstained: why there is no hint: "holdout", "unsure", "no_advisor", "deadline",
            "unreachable", "invalid"; None where there is one.
        detail: more about an abstention.
        holdout: the request was left unhinted on purpose.
        advisor_version: who answered; empty where nobody did.
        attempt_id: the attempt that asked.
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
    def of(cls, given: "HintGiven") -> "Hint":
        """Return what a message says."""
        return cls(
            request_id=given.request_id,
            approach=given.approach,
            text=given.text,
            kind=given.kind,
            confidence=given.confidence,
            propensity=given.propensity,
            abstained=given.abstained,
            detail=given.detail,
            holdout=given.holdout,
            advisor_version=given.advisor_version,
            attempt_id=given.attempt_id,
        )


class Question(NamedTuple):
    """A request on its way.

    `answer` is done by a background thread. `give_up` forgets the request and says
    why there is no answer; calling it after an answer does no harm.
    """

    request_id: str
    attempt_id: str
    answer: "Future[HintGiven]"
    give_up: Callable[[], str]

    def unanswered(self, reason: str) -> Hint:
        """Return the abstention for this reason."""
        return Hint(self.request_id, abstained=reason, attempt_id=self.attempt_id)

    def wait(self, timeout_s: float) -> Hint:
        """Block until the answer is there; abstain when the time is over."""
        try:
            return Hint.of(self.answer.result(max(timeout_s, 0.0)))
        except TimeoutError:
            return self.unanswered(self.give_up())
        finally:
            self.give_up()

    async def wait_async(self, timeout_s: float) -> Hint:
        """Do the same without blocking the event loop; safe to cancel."""
        answer = asyncio.wrap_future(self.answer)
        try:
            return Hint.of(await asyncio.wait_for(answer, max(timeout_s, 0.0)))
        except TimeoutError:
            return self.unanswered(self.give_up())
        finally:
            self.give_up()
