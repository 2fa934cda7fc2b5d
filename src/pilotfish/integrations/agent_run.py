"""One run of an agent in somebody's framework, as an attempt: what all adapters share."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple, cast

from pilotfish._sdk.async_attempt import AsyncAttempt
from pilotfish._sdk.attempt import Attempt
from pilotfish._sdk.client import Client
from pilotfish._sdk.failures import describe
from pilotfish._sdk.warnings import LOG
from pilotfish.integrations.choices import Choices, named
from pilotfish.schemas.prices import Tokens, cost

Success = Callable[[Any], bool | None]
"""Says of a run's result whether it is a success; None where it cannot tell."""


class ModelCall(NamedTuple):
    """One call of a model, when it is done.

    Args:
        model: its name; "model" stands for an unknown one.
        text: what it replied.
        is_answer: whether it called no tool, and so answered.
        tokens: what it read and wrote.
        duration_s: seconds.
    """

    model: str
    text: str
    is_answer: bool
    tokens: Tokens
    duration_s: float | None


class AgentRun:
    """Records one run of an agent; nothing here raises, and only `ask` blocks.

    Args:
        attempt: the run's attempt.
        success: judges the result, unless the agent itself gave an outcome.
        session: the framework's id of the conversation.

    Attributes:
        hint: the sentence for its prompts; empty if there is none.
        asked: whether advice was asked for.
        interrupted: whether the run stopped for somebody to answer; it will be resumed.
    """

    def __init__(
        self, attempt: Attempt, success: Success | None = None, session: str = ""
    ) -> None:
        self.attempt = attempt
        self.session = session
        self.hint = ""
        self.asked = False
        self.interrupted = False
        self._success = success

    @classmethod
    def begin(
        cls,
        pilot: Client,
        problem: str,
        problem_type: str = "",
        success: Success | None = None,
        session: str = "",
    ) -> "AgentRun":
        """Start an attempt."""
        attributes = {"session.id": session} if session else None
        attempt = pilot.attempt(
            problem, problem_type=problem_type, attributes=attributes
        )
        return cls(attempt, success, session)

    def ask(self, choices: Choices) -> str:
        """Ask for advice; return the sentence for the prompt, empty on abstention."""
        self.asked = True
        self.hint = self.attempt.advice(named(choices)).text
        return self.hint

    async def ask_async(self, choices: Choices) -> str:
        """Ask as `ask` does, without blocking the event loop."""
        self.asked = True
        # The attempt of a client for threads waits as one of a client for asyncio does.
        attempt = cast("AsyncAttempt", self.attempt)
        self.hint = (await AsyncAttempt.advice(attempt, named(choices))).text
        return self.hint

    def model_call(self, call: ModelCall) -> None:
        """Record what a model replied: an answer, or a thought before a call of a tool."""
        self.attempt.step(
            "answer" if call.is_answer else "thought",
            call.model or "model",
            call.text,
            tokens=call.tokens.total,
            cost=cost(call.model, call.tokens),
            duration_s=call.duration_s,
        )

    def tool_call(
        self, name: str, arguments: object, result: object, duration_s: float
    ) -> None:
        """Record a call of a tool and its result, which may be an exception.

        Not for a tool that interrupts its run for a person: it is called again later.
        """
        if isinstance(result, BaseException):
            result = describe(result)
        self.attempt.action(name, cast("str", arguments))
        self.attempt.observation(name, cast("str", result), duration_s=duration_s)

    def judge(self, success: Success | None, result: object) -> None:
        """Record what `success` says of the result, unless an outcome was given."""
        if success is None or self.attempt.outcome != "unknown":
            return
        with quietly("`success` raised, and the outcome is unknown"):
            verdict = success(result)
            if verdict is not None:
                (self.attempt.succeed if verdict else self.attempt.fail)("success()")

    def finish(self, result: object) -> None:
        """End the attempt of a run that returned."""
        if not self.interrupted:
            self.judge(self._success, result)
        self.attempt.end()

    def fail(self, error: BaseException) -> None:
        """End the attempt of a run that raised, by the SDK's usual rules."""
        self.attempt.end(error)


@contextmanager
def quietly(consequence: str) -> Iterator[None]:
    """Log what an adapter's own code raises: an agent goes on without pilotfish."""
    try:
        yield
    except Exception:  # noqa: BLE001 - whatever a framework's object is like today
        LOG.warning("%s", consequence, exc_info=True)
