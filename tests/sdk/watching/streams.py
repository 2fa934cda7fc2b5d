"""Streams for tests, and what became of the attempt of one."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pilotfish
from pilotfish.schemas.events import (
    AttemptEnded,
    AttemptStarted,
    StepRecorded,
)
from pilotfish.testing import AsyncMemoryClient, MemoryClient


def current() -> str | None:
    attempt = pilotfish.current_attempt()
    return attempt.problem if attempt else None


def told(memory: MemoryClient | AsyncMemoryClient) -> tuple[list[str], str]:
    """Return the answers and the end of the one attempt so far."""
    events = memory.events
    assert sum(isinstance(event, AttemptStarted) for event in events) == 1
    (end,) = [event for event in events if isinstance(event, AttemptEnded)]
    assert events[-1] is end
    answers = [event.content for event in events if isinstance(event, StepRecorded)]
    return answers, end.status


class Chunks:
    """A stream as clients of models have it: an iterator with a block and attributes."""

    def __init__(self, *chunks: object, error: Exception | None = None) -> None:
        self._chunks = iter(chunks)
        self._error = error
        self.response = "200"
        self.is_closed = False

    def __iter__(self) -> "Chunks":
        return self

    def __next__(self) -> object:
        assert current() == "q"
        try:
            return next(self._chunks)
        except StopIteration:
            if self._error:
                raise self._error from None
            raise

    def __enter__(self) -> "Chunks":
        return self

    def __exit__(self, *raised: object) -> None:
        self.close()

    def close(self) -> None:
        self.is_closed = True


class AsyncChunks:
    def __init__(self, *chunks: object) -> None:
        self._chunks = list(chunks)
        self.is_closed = False

    def __aiter__(self) -> "AsyncChunks":
        return self

    async def __anext__(self) -> object:
        await asyncio.sleep(0)
        assert current() == "q"
        if not self._chunks:
            raise StopAsyncIteration
        return self._chunks.pop(0)

    async def __aenter__(self) -> "AsyncChunks":
        return self

    async def __aexit__(self, *raised: object) -> None:
        await self.close()

    async def close(self) -> None:
        self.is_closed = True


def generator(*chunks: object, error: Exception | None = None) -> Iterator[object]:
    for chunk in chunks:
        assert current() == "q"
        yield chunk
    if error:
        raise error


async def async_generator(
    *chunks: object, error: Exception | None = None
) -> AsyncIterator[object]:
    for chunk in chunks:
        await asyncio.sleep(0)
        assert current() == "q"
        yield chunk
    if error:
        raise error
