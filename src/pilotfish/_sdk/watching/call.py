"""One call of a watched function: its attempt, from the call to the end of its result."""

import inspect
import os
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from numbers import Integral, Real
from typing import Any, Final

from pilotfish._sdk.async_attempt import AsyncAttempt
from pilotfish._sdk.attempt import Attempt
from pilotfish._sdk.context import CURRENT, Block, enter
from pilotfish._sdk.failures import describe
from pilotfish._sdk.session import Session
from pilotfish._sdk.watching.answer_text import AnswerText

Success = Callable[[Any], object]
"""Says of a result whether it is one; None where it cannot tell."""

_SAID_BY: Final = "success()"


class WatchedCall:
    """Ends its attempt once: when the work that the call stands for is done.

    The attempt is current while code of the call runs, in whatever context that is, and
    not in between.
    """

    def __init__(
        self,
        session: Session,
        attempt: Attempt | AsyncAttempt,
        name: str,
        success: Success | None,
    ) -> None:
        self.attempt = attempt
        self.name = name
        self._session = session
        self._success = success
        self._text = AnswerText()
        self._process = os.getpid()
        self._block: Block | None = None
        self._current: Block | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run code of the call; an exception ends the attempt and goes on."""
        outside = CURRENT.get()
        self._enter()
        try:
            yield
        except BaseException as error:
            self.end(error)
            raise
        finally:
            self._current = CURRENT.get()
            CURRENT.set(outside)

    def step(self, resume: Callable[[], Any]) -> tuple[bool, Any]:
        """Run an iterator until its next piece; False and what it returned at its end."""
        with self.running():
            try:
                piece = resume()
            except StopIteration as stop:
                return False, stop.value
        self._text.add(piece)
        return True, piece

    async def async_step(self, resumed: Awaitable[Any]) -> tuple[bool, Any]:
        """Await the next piece of an asynchronous iterator; False at its end."""
        with self.running():
            try:
                piece = await resumed
            except StopAsyncIteration:
                return False, None
        self._text.add(piece)
        return True, piece

    def finish_stream(self, returned: object = None) -> None:
        """End the attempt of a stream that was read to its end."""
        self.finish(returned if self._text.is_empty else str(self._text))

    def finish(self, result: object) -> None:
        """End the attempt with its result as the answer."""
        if self.attempt.ended:
            return
        self.attempt.answer(self.name, result)  # type: ignore[arg-type]
        if self._success is not None and self.attempt.outcome == "unknown":
            with self.running():
                self._judge(self._success, result)
        self.attempt.end()

    def end(self, error: BaseException) -> None:
        """End the attempt by an exception, with what came of the answer before."""
        if self.attempt.ended or self._process != os.getpid():
            return
        if not self._text.is_empty:
            self.attempt.answer(self.name, str(self._text))
        self.attempt.end(error)

    def become_async(self) -> None:
        """Go on as an `AsyncAttempt`: the work turned out to be asynchronous."""
        # Changed in place, so that it stays the same attempt to those who hold it.
        self.attempt.__class__ = AsyncAttempt  # pyright: ignore[reportAttributeAccessIssue]

    def _enter(self) -> None:
        if self._block is None:
            self._block = enter(self.attempt, None)
        else:
            self._block.handled_outside = sys.exception()
            CURRENT.set(self._current)

    def _judge(self, success: Success, result: object) -> None:
        try:
            verdict = success(result)
            score = isinstance(verdict, Real) and not isinstance(verdict, Integral)
            succeeded = None if verdict is None or score else _truth(verdict)
        except Exception as error:  # noqa: BLE001 - the user's function may raise anything
            reason = f"`success` of {self.name} raised {describe(error)}"
            self._session.warn_once(reason, "an outcome is unknown")
            return
        if score:
            self.attempt.signal("judge", verdict, _SAID_BY)  # type: ignore[arg-type]
        elif succeeded is not None:
            (self.attempt.succeed if succeeded else self.attempt.fail)(_SAID_BY)


def _truth(verdict: object) -> bool:
    if inspect.isawaitable(verdict):
        if inspect.iscoroutine(verdict):
            verdict.close()  # without a warning that nobody awaited it
        raise TypeError("it returned something to be awaited")
    return bool(verdict)
