"""Results that are work not done yet: the attempt ends when they do."""

import copy
import gc
import io
from collections.abc import Callable, Generator, Iterator
from typing import Any

import httpx
import openai
import pytest
from sdk.watching.streams import Chunks, current, generator, told

import pilotfish
from pilotfish.schemas.events import (
    AttemptEnded,
    SignalRecorded,
    StepRecorded,
)
from pilotfish.testing import MemoryClient

Make = Callable[..., Iterator[object]]


@pytest.mark.parametrize("make", [generator, Chunks])
@pytest.mark.parametrize("directly", [True, False])
def test_the_text_of_a_stream_is_the_answer(
    memory: MemoryClient, make: Make, directly: bool
) -> None:
    def chat(problem: str) -> Iterator[object]:
        return make("a", "b", b"c")

    def chat_directly(problem: str) -> Iterator[object]:
        yield from make("a", "b", b"c")

    stream = memory.watch(chat_directly if directly else chat)("q")
    for _ in stream:
        assert current() is None
        assert not any(isinstance(event, AttemptEnded) for event in memory.events)
    assert told(memory) == (["abc"], "unknown")


@pytest.mark.parametrize("make", [generator, Chunks])
def test_an_exception_within_a_stream_is_the_attempts(
    memory: MemoryClient, make: Make
) -> None:
    error = ValueError("the stream broke")
    stream = memory.watch(lambda problem: make("a", error=error))("q")
    assert next(stream) == "a"
    with pytest.raises(ValueError, match="broke") as raised:
        next(stream)
    assert raised.value is error
    assert told(memory) == (["a"], "failed")
    (signal,) = [e for e in memory.events if isinstance(e, SignalRecorded)]
    assert signal.detail == "ValueError: the stream broke"


@pytest.mark.parametrize("make", [generator, Chunks])
def test_an_exception_of_the_reader_is_not_the_attempts(
    memory: MemoryClient, make: Make
) -> None:
    stream = memory.watch(lambda problem: make("a", "b"))("q")

    def read() -> None:
        for _ in stream:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        read()
    stream.close()  # type: ignore[attr-defined]
    assert told(memory) == (["a"], "abandoned")


@pytest.mark.parametrize("make", [generator, Chunks])
@pytest.mark.parametrize("read", [0, 1])
def test_a_stream_that_is_left_ends_its_attempt(
    memory: MemoryClient, make: Make, read: int
) -> None:
    stream = memory.watch(lambda problem: make("a", "b"))("q")
    for _ in range(read):
        next(stream)
    del stream
    gc.collect()
    assert told(memory) == (["a"] * read, "abandoned")


def test_what_was_said_stands_when_the_reader_stops(memory: MemoryClient) -> None:
    @memory.watch
    def chat(problem: str) -> Iterator[str]:
        attempt = pilotfish.current_attempt()
        assert attempt is not None
        attempt.succeed()
        yield "answer"
        yield "[DONE]"

    stream = chat("q")
    next(stream)
    stream.close()  # type: ignore[attr-defined]
    assert told(memory) == (["answer"], "succeeded")


def test_a_generator_function_that_is_never_read_is_no_attempt(
    memory: MemoryClient,
) -> None:
    @memory.watch
    def chat(problem: str) -> Iterator[str]:
        yield problem

    chat("q")
    gc.collect()
    assert memory.events == []


def test_a_generator_still_gets_what_its_reader_sends(memory: MemoryClient) -> None:
    seen: list[object] = []

    def chat(problem: str) -> Generator[str, object, str]:
        try:
            seen.append((yield "first"))
        except KeyError as error:
            seen.append(error)
        seen.append((yield "second"))
        return "returned"

    def reader() -> Generator[str, object, None]:
        seen.append((yield from memory.watch(chat)("q")))

    thrown = KeyError("x")
    reading = reader()
    assert next(reading) == "first"
    assert reading.throw(thrown) == "second"
    with pytest.raises(StopIteration):
        reading.send("sent")
    assert seen == [thrown, "sent", "returned"]
    assert told(memory) == (["firstsecond"], "unknown")


def test_a_generator_without_pieces_answers_with_what_it_returns(
    memory: MemoryClient,
) -> None:
    def chat(problem: str) -> Generator[str, None, int]:
        yield from ()
        return 42

    assert list(memory.watch(chat)("q")) == []
    assert told(memory) == (["42"], "unknown")


def test_an_attempt_within_a_watched_generator_stays_the_inner_one(
    memory: MemoryClient,
) -> None:
    @memory.watch
    def chat(problem: str) -> Iterator[str | None]:
        yield current()
        with memory.attempt("inner"):
            yield current()
            yield current()
        yield current()

    pieces = [(piece, current()) for piece in chat("q")]
    assert pieces == [(name, None) for name in ("q", "inner", "inner", "q")]


def test_what_its_reader_handles_is_no_excuse_for_a_generator(
    memory: MemoryClient,
) -> None:
    @memory.watch
    def chat(problem: str) -> Iterator[str]:
        yield problem
        raise ValueError("wrong")

    stream = chat("q")
    next(stream)

    def read_on() -> None:
        try:
            raise TimeoutError
        except TimeoutError:
            next(stream)

    with pytest.raises(ValueError, match="wrong"):
        read_on()
    assert told(memory)[1] == "failed"


def test_a_clients_stream_stays_what_it_was(memory: MemoryClient) -> None:
    original = Chunks("a", "b")
    stream = memory.watch(lambda problem: original)("q")
    assert isinstance(stream, Chunks)
    assert stream.response == "200" and not stream.is_closed
    with stream as entered:
        assert entered is stream
        assert next(stream) == "a"
    assert original.is_closed
    assert told(memory) == (["a"], "abandoned")


def test_an_open_file_is_a_result_like_others(memory: MemoryClient) -> None:
    file = io.StringIO("line")
    assert memory.watch(lambda problem: file)("q") is file
    assert len(told(memory)[0]) == 1


@pytest.mark.parametrize("result", [["a"], {"a": 1}, "text", range(3), None, 4])
def test_a_complete_result_is_returned_as_it_is(
    memory: MemoryClient, result: object
) -> None:
    assert memory.watch(lambda problem: result)("q") is result
    assert told(memory) == (["" if result is None else str(result)], "unknown")


class HostileKind(type):
    def __getattr__(cls, name: str) -> object:
        raise RuntimeError(name)


class Hostile(metaclass=HostileKind):
    """Raises whatever its class is asked for."""


class OutOfContext:
    """A proxy outside of the request that it stands for, as web frameworks have them."""

    @property  # type: ignore[misc]
    def __class__(self) -> type:  # pyright: ignore[reportIncompatibleMethodOverride]
        raise RuntimeError("working outside of a request")


@pytest.mark.parametrize("kind", [Hostile, OutOfContext])
def test_a_result_that_raises_when_asked_what_it_is_reaches_the_agent(
    memory: MemoryClient, kind: type
) -> None:
    result = kind()
    assert memory.watch(lambda problem: result)("q") is result
    assert told(memory)[1] == "unknown"


def test_real_chunks_of_openai_are_joined(memory: MemoryClient) -> None:
    lines = [
        '{"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}',
        '{"choices": [{"index": 0, "delta": {"content": "six"}}]}',
        '{"choices": [{"index": 0, "delta": {"content": " by two"}}]}',
        '{"choices": [], "usage": null}',
        "[DONE]",
    ]
    body = "".join(f"data: {line}\n\n" for line in lines)
    transport = httpx.MockTransport(
        lambda _: httpx.Response(
            200, text=body, headers={"content-type": "text/event-stream"}
        )
    )
    http_client: Any = httpx.Client(transport=transport)
    model = openai.OpenAI(base_url="http://x/", api_key="k", http_client=http_client)

    @memory.watch
    def chat(problem: str) -> Any:
        message: Any = {"role": "user", "content": problem}
        return model.chat.completions.create(model="m", messages=[message], stream=True)

    stream = chat("q")
    assert isinstance(stream, openai.Stream)
    assert stream.response.status_code == 200
    assert len(list(stream)) == 4
    assert told(memory) == (["six by two"], "unknown")


def test_the_answer_is_bounded(memory: MemoryClient) -> None:
    stream = memory.watch(lambda problem: generator(*["x" * 1000] * 2000))("q")
    assert sum(len(str(piece)) for piece in stream) == 2_000_000
    (step,) = [event for event in memory.events if isinstance(event, StepRecorded)]
    assert step.truncated and len(step.content) == 256 * 1024


def test_a_watched_function_can_be_copied(memory: MemoryClient) -> None:
    watched = memory.watch(str.upper)
    assert copy.deepcopy({"tool": watched})["tool"] is watched
