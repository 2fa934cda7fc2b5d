"""Results to be awaited: the attempt ends when they do."""

import asyncio
import concurrent.futures
import gc
import inspect
import warnings
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Generator,
)
from typing import Any

import pytest
from sdk.watching.streams import (
    AsyncChunks,
    async_generator,
    current,
    told,
)

import pilotfish
from pilotfish.schemas.events import (
    AttemptEnded,
)
from pilotfish.testing import AsyncMemoryClient, MemoryClient


async def work(problem: str) -> str:
    await asyncio.sleep(0)
    attempt = pilotfish.current_attempt()
    assert isinstance(attempt, pilotfish.AsyncAttempt)
    assert (await attempt.advice({"plan": ""})).approach == "plan"
    if problem == "wrong":
        raise ValueError(problem)
    return problem.upper()


class Promise:
    def __init__(self, problem: str) -> None:
        self.problem = problem

    def __await__(self) -> Generator[Any, Any, str]:
        return work(self.problem).__await__()


@pytest.mark.parametrize("make", [work, Promise])
def test_a_function_that_returns_a_coroutine_ends_with_it(
    memory: MemoryClient, make: Callable[[str], Awaitable[str]]
) -> None:
    def plain(problem: str) -> Awaitable[str]:
        return make(problem)

    async def main() -> None:
        promise = memory.watch(plain)("q")
        assert inspect.iscoroutine(promise) == (make is work)
        assert current() is None
        assert await promise == "Q"
        assert current() is None

    memory.will_advise("plan")
    asyncio.run(main())
    assert told(memory) == (["Q"], "unknown")


@pytest.mark.parametrize("make", [work, Promise])
def test_an_exception_within_a_coroutine_is_the_attempts(
    memory: MemoryClient, make: Callable[[str], Awaitable[str]]
) -> None:
    def plain(problem: str) -> Awaitable[str]:
        return make(problem)

    async def main() -> None:
        await memory.watch(plain)("wrong")

    memory.will_advise("plan")
    with pytest.raises(ValueError, match="wrong"):
        asyncio.run(main())
    assert told(memory) == ([], "failed")


@pytest.mark.parametrize("warns", [True, False])
def test_a_coroutine_that_nobody_awaits_ends_its_attempt(
    memory: MemoryClient, warns: bool
) -> None:
    def plain(problem: str) -> Awaitable[str]:
        return work(problem)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        coroutine: Any = memory.watch(plain)("q")
        if not warns:
            coroutine.close()
        del coroutine
        gc.collect()
    messages = ["coroutine 'work' was never awaited"] if warns else []
    assert [str(warning.message) for warning in caught] == messages
    assert told(memory) == ([], "abandoned")


class Reply:
    """Has an asynchronous iterator, and is none."""

    def __aiter__(self) -> AsyncIterator[object]:
        return async_generator("a", "b")


@pytest.mark.parametrize(
    "make",
    [lambda: async_generator("a", "b"), lambda: AsyncChunks("a", "b"), Reply],
    ids=["generator", "client's", "iterable"],
)
@pytest.mark.parametrize("kind", ["generator", "coroutine", "plain"])
def test_an_asynchronous_stream_ends_its_attempt(
    memory: MemoryClient, make: Callable[[], AsyncIterator[object]], kind: str
) -> None:
    async def chat(problem: str) -> AsyncIterator[object]:
        async for piece in make():
            yield piece

    async def later(problem: str) -> AsyncIterator[object]:
        await asyncio.sleep(0)
        return make()

    def plain(problem: str) -> AsyncIterator[object]:
        return make()

    async def main() -> None:
        stream: Any
        if kind == "coroutine":
            stream = await memory.watch(later)("q")
        else:
            stream = memory.watch(chat if kind == "generator" else plain)("q")
        async for _ in stream:
            assert current() is None
            assert not any(isinstance(event, AttemptEnded) for event in memory.events)

    asyncio.run(main())
    assert told(memory) == (["ab"], "unknown")


def test_an_asynchronous_generator_gets_what_its_reader_sends(
    memory: MemoryClient,
) -> None:
    seen: list[object] = []

    @memory.watch
    async def chat(problem: str) -> AsyncGenerator[str, object]:
        try:
            seen.append((yield "first"))
        except KeyError as error:
            seen.append(error)
        seen.append((yield "second"))

    async def main() -> None:
        thrown = KeyError("x")
        stream = chat("q")
        assert await anext(stream) == "first"
        assert await stream.athrow(thrown) == "second"
        with pytest.raises(StopAsyncIteration):
            await stream.asend("sent")
        assert seen == [thrown, "sent"]

    asyncio.run(main())
    assert told(memory) == (["firstsecond"], "unknown")


def test_an_asynchronous_stream_that_is_closed_ends_its_attempt(
    memory: MemoryClient,
) -> None:
    original = AsyncChunks("a", "b")

    async def main() -> None:
        async with memory.watch(lambda problem: original)("q") as stream:
            assert await anext(stream) == "a"
        assert original.is_closed

    asyncio.run(main())
    assert told(memory) == (["a"], "abandoned")


def test_an_exception_within_an_asynchronous_generator_is_the_attempts(
    memory: MemoryClient,
) -> None:
    @memory.watch
    def chat(problem: str) -> AsyncIterator[object]:
        return async_generator("a", error=ConnectionResetError("by peer"))

    async def main() -> None:
        with pytest.raises(ConnectionResetError):
            async for _ in chat("q"):
                pass

    asyncio.run(main())
    assert told(memory) == (["a"], "infrastructure")


def test_a_task_ends_its_attempt(memory: MemoryClient) -> None:
    memory.will_advise("plan")

    async def tool() -> str | None:
        await asyncio.sleep(0)
        return current()

    async def main() -> None:
        task = memory.watch(lambda problem: asyncio.create_task(tool()))("q")
        assert isinstance(task, asyncio.Task)
        assert await task == "q"
        await asyncio.sleep(0)

    asyncio.run(main())
    assert told(memory) == (["q"], "unknown")


def test_a_cancelled_task_is_abandoned(memory: MemoryClient) -> None:
    async def main() -> None:
        task = memory.watch(lambda problem: asyncio.create_task(asyncio.sleep(60)))("q")
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0)

    asyncio.run(main())
    assert told(memory) == ([], "abandoned")


def test_a_future_of_a_pool_ends_its_attempt(memory: MemoryClient) -> None:
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        future = memory.watch(lambda problem: pool.submit(divmod, 1, 0))("q")
        assert isinstance(future.exception(), ZeroDivisionError)
    assert told(memory) == ([], "failed")


def test_an_asynchronous_client_watches_streams(memory: MemoryClient) -> None:
    async def main() -> AsyncMemoryClient:
        async with AsyncMemoryClient() as client:

            @client.watch(success=lambda text: text == "ab")
            async def chat(problem: str) -> AsyncIterator[object]:
                return async_generator("a", "b")

            async for _ in await chat("q"):
                pass
            return client

    assert told(asyncio.run(main())) == (["ab"], "succeeded")
