"""The current attempt of a thread or task."""

import sys
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from itertools import pairwise
from types import FrameType
from typing import TYPE_CHECKING, Union, cast

from pilotfish._sdk.generator_frames import GeneratorFrame

if TYPE_CHECKING:
    from pilotfish._sdk.async_attempt import AsyncAttempt
    from pilotfish._sdk.attempt import Attempt
    from pilotfish._sdk.attempt_base import AttemptBase

Current = Union["Attempt", "AsyncAttempt"]


class Block:
    """The block of an attempt, from its entry to its end.

    Attributes:
        attempt: the attempt.
        previous: the block that was entered before it.
        handled_outside: the exception that was being handled when it was entered.
    """

    def __init__(
        self, attempt: "AttemptBase", previous: "Block | None", frame: FrameType | None
    ) -> None:
        self.attempt = attempt
        self.previous = previous
        self.handled_outside = sys.exception()
        self._generator = GeneratorFrame.around(frame)
        self._left = False

    @property
    def is_open(self) -> bool:
        """Whether the block was not left, and its attempt not ended."""
        return not (self._left or self.attempt.ended)

    @property
    def is_here(self) -> bool:
        """Whether the running code may be in the block."""
        return self._generator is None or self._generator.runs

    def leave(self) -> None:
        """End the block."""
        if CURRENT.get() is self:
            CURRENT.set(self.previous)
        self._left, self._generator, self.handled_outside = True, None, None

    def is_inside(self, other: "Block") -> bool:
        """Whether this block, entered before the other one, is the inner one by now.

        It is if its generator was suspended when the other one was entered, and runs.
        """
        if self._generator is None:
            return False
        outer = other.attempt.outer
        while outer is not None and outer is not self.attempt:
            outer = outer.outer
        return outer is None


CURRENT: ContextVar[Block | None] = ContextVar("pilotfish_attempt", default=None)


def current_attempt() -> "Current | None":
    """Return the innermost open attempt of this thread or task, or None.

    It is an `AsyncAttempt` within `async with` or a watched coroutine, else an `Attempt`.
    An attempt whose block is in a generator is current only while the generator runs.
    """
    return _innermost(_open_blocks())


def enter(attempt: "AttemptBase", frame: FrameType | None) -> Block:
    """Begin the block of an attempt, in the code of this frame; return it."""
    blocks = list(_open_blocks())
    attempt.outer = _innermost(blocks)
    for inner, outer in pairwise(blocks):
        # Without those between them, which are not open any more.
        inner.previous = outer
    block = Block(attempt, blocks[0] if blocks else None, frame)
    CURRENT.set(block)
    return block


def handled_outside(attempt: "AttemptBase") -> BaseException | None:
    """Return what was being handled already when the attempt's block was entered."""
    blocks = (block for block in _open_blocks() if block.attempt is attempt)
    block = next(blocks, None)
    return block.handled_outside if block is not None else None


def caller(levels: int) -> FrameType | None:
    """Return the frame that is so many calls above the one that asks."""
    frame: FrameType | None = sys._getframe(1)  # noqa: SLF001 - `inspect` reads source files
    for _ in range(levels):
        frame = frame.f_back if frame is not None else None
    return frame


def _innermost(blocks: Iterable[Block]) -> "Current | None":
    innermost: Block | None = None
    for block in blocks:
        if block.is_here and (innermost is None or block.is_inside(innermost)):
            innermost = block
    return cast("Current | None", innermost.attempt if innermost else None)


def _open_blocks() -> Iterator[Block]:
    # Blocks may end in another order than the reverse of their starts.
    block = CURRENT.get()
    while block is not None:
        if block.is_open:
            yield block
        block = block.previous
