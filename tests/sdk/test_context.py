"""Which attempt is current; generators share the context of their readers."""

import asyncio
import contextlib
import gc
import itertools
import threading
import weakref
from collections.abc import AsyncIterator, Iterator
from contextvars import copy_context

import pytest

import pilotfish
from pilotfish.schemas.events import AttemptEnded
from pilotfish.testing import AsyncMemoryClient, MemoryClient


def current() -> str | None:
    attempt = pilotfish.current_attempt()
    return attempt.problem if attempt else None


def statuses(client: MemoryClient | AsyncMemoryClient) -> list[str]:
    return [event.status for event in client.events if isinstance(event, AttemptEnded)]


def stream(pilot: MemoryClient, problem: str) -> Iterator[str | None]:
    with pilot.attempt(problem):
        yield current()
        yield current()
    yield current()


async def async_stream(
    pilot: AsyncMemoryClient, problem: str
) -> AsyncIterator[str | None]:
    async with pilot.attempt(problem):
        await asyncio.sleep(0)
        yield current()
        yield current()


def test_an_attempt_in_a_generator_is_not_its_readers(memory: MemoryClient) -> None:
    reader = stream(memory, "stream")
    assert next(reader) == "stream"
    assert current() is None
    with memory.attempt("other") as other:
        assert other.outer is None
        assert current() == "other"
        assert next(reader) == "stream"
        assert current() == "other"
    assert current() is None
    assert next(reader) is None
    assert list(reader) == []
    assert statuses(memory) == ["unknown", "unknown"]


def test_an_attempt_around_a_reader_is_the_generators_outer_one(
    memory: MemoryClient,
) -> None:
    with memory.attempt("around"):
        reader = stream(memory, "stream")
        for inside in itertools.islice(reader, 2):
            assert (inside, current()) == ("stream", "around")
        assert next(reader) == "around"


def test_generators_that_are_read_in_turns_keep_their_attempts(
    memory: MemoryClient,
) -> None:
    first, second = stream(memory, "first"), stream(memory, "second")
    turns = list(zip(first, second, strict=True))
    assert turns == [("first", "second"), ("first", "second"), (None, None)]


def test_a_generator_within_a_generator_is_the_inner_one(memory: MemoryClient) -> None:
    def outer() -> Iterator[str | None]:
        with memory.attempt("outer"):
            yield from stream(memory, "inner")
            yield current()

    reader = outer()
    assert [(inside, current()) for inside in reader] == [
        ("inner", None),
        ("inner", None),
        ("outer", None),
        ("outer", None),
    ]


def test_a_block_in_a_function_called_by_a_generator_is_inside(
    memory: MemoryClient,
) -> None:
    def look() -> str | None:
        with memory.attempt("function") as attempt:
            assert attempt.outer is not None
            return f"{attempt.outer.problem} > {current()}"

    def generate() -> Iterator[str | None]:
        with memory.attempt("generator"):
            yield look()
            yield look()

    assert set(generate()) == {"generator > function"}


def test_a_block_made_of_a_generator_is_a_block(memory: MemoryClient) -> None:
    @contextlib.contextmanager
    def traced(problem: str) -> Iterator[None]:
        with memory.attempt(problem):
            yield

    with traced("traced"):
        assert current() == "traced"
        with contextlib.ExitStack() as stack:
            stack.enter_context(traced("stacked"))
            stack.enter_context(memory.attempt("on top"))
            assert current() == "on top"
        assert current() == "traced"

    def generate() -> Iterator[str | None]:
        with traced("traced in a generator"):
            yield current()

    assert [(inside, current()) for inside in generate()] == [
        ("traced in a generator", None)
    ]


@pytest.fixture
def attempt(memory: MemoryClient) -> Iterator[pilotfish.Attempt]:
    with memory.attempt("fixture") as attempt:
        yield attempt


def test_a_fixture_is_a_block(attempt: pilotfish.Attempt) -> None:
    assert pilotfish.current_attempt() is attempt


def test_a_generator_that_nobody_reads_on_ends_its_attempt(
    memory: MemoryClient,
) -> None:
    reader = stream(memory, "left")
    next(reader)
    del reader
    gc.collect()
    assert statuses(memory) == ["abandoned"]
    assert current() is None


def test_what_a_generator_held_is_freed_after_its_end(memory: MemoryClient) -> None:
    class Large:
        pass

    held: list[weakref.ref[Large]] = []

    def generate() -> Iterator[int]:
        large = Large()
        held.append(weakref.ref(large))
        with memory.attempt("x"):
            yield 1
            yield 2
        del large

    def read_at_once() -> None:
        readers = [generate() for _ in range(5)]
        for reader in readers:
            next(reader)
        for reader in readers:
            reader.close()  # type: ignore[attr-defined]

    for _ in range(3):
        read_at_once()
    gc.collect()
    assert len(held) == 15 and not any(one() for one in held)


def test_a_thread_with_a_copied_context_sees_what_waits_for_it(
    memory: MemoryClient,
) -> None:
    def in_thread() -> str | None:
        seen: list[str | None] = []
        context = copy_context()
        thread = threading.Thread(target=lambda: seen.append(context.run(current)))
        thread.start()
        thread.join()
        return seen[0]

    def generate() -> Iterator[str | None]:
        with memory.attempt("generator"):
            yield in_thread()

    reader = generate()
    assert next(reader) == "generator"
    assert in_thread() is None


def test_an_asynchronous_generator_keeps_its_attempt_to_itself() -> None:
    async def main() -> None:
        async with AsyncMemoryClient() as pilot:
            reader = async_stream(pilot, "stream")
            assert await anext(reader) == "stream"
            assert current() is None
            async with pilot.attempt("other") as other:
                assert other.outer is None
                assert await anext(reader) == "stream"
                assert current() == "other"
            assert [piece async for piece in reader] == []

    asyncio.run(main())


def test_tasks_of_an_asynchronous_generator_are_in_its_attempt() -> None:
    async def tool() -> str | None:
        await asyncio.sleep(0)
        return current()

    async def agent(pilot: AsyncMemoryClient) -> AsyncIterator[list[str | None]]:
        async with pilot.attempt("agent"):
            yield list(await asyncio.gather(tool(), tool()))
            yield [await asyncio.to_thread(current)]

    async def main() -> None:
        async with AsyncMemoryClient() as pilot:
            pieces = [(piece, current()) async for piece in agent(pilot)]
        assert pieces == [(["agent", "agent"], None), (["agent"], None)]

    asyncio.run(main())


def test_many_asynchronous_generators_are_read_at_once() -> None:
    async def main() -> None:
        async with AsyncMemoryClient() as pilot:

            async def read(number: int) -> None:
                async for piece in async_stream(pilot, str(number)):
                    assert piece == str(number)
                    assert current() is None

            await asyncio.gather(*(read(number) for number in range(20)))
            assert statuses(pilot) == ["unknown"] * 20

    asyncio.run(main())
