"""What stands for the stream of a client, to see how it goes.

A proxy has the attributes of what it stands for, and passes for an instance of its class.
Closing it, or leaving its block, ends the attempt.
"""

import functools
import inspect
from collections.abc import Callable
from typing import Any

from pilotfish._sdk.watching.call import WatchedCall

_CLOSES = ("close", "aclose")


class Proxy:
    """Delegates whatever is not about the progress of the work."""

    def __init__(self, call: WatchedCall, original: Any) -> None:
        self._call = call
        self._original = original

    @property  # type: ignore[misc]
    def __class__(self) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        return type(self._original)

    def __repr__(self) -> str:
        return repr(self._original)

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._original, name)
        return self._closing(value) if name in _CLOSES else value

    def __enter__(self) -> Any:
        return self._entered(self._original.__enter__())

    def __exit__(self, *raised: Any) -> Any:
        return self._closing(self._original.__exit__)(*raised)

    async def __aenter__(self) -> Any:
        return self._entered(await self._original.__aenter__())

    async def __aexit__(self, *raised: Any) -> Any:
        return await self._async_closing(self._original.__aexit__, *raised)

    def _entered(self, entered: Any) -> Any:
        return self if entered is self._original else entered

    def _closing(self, close: Callable[..., Any]) -> Callable[..., Any]:
        if inspect.iscoroutinefunction(close):
            return functools.partial(self._async_closing, close)

        def closing(*args: Any) -> Any:
            with self._call.running():
                result = close(*args)
            self._call.end(GeneratorExit("closed"))
            return result

        return closing

    async def _async_closing(self, close: Callable[..., Any], *args: Any) -> Any:
        with self._call.running():
            result = await close(*args)
        self._call.end(GeneratorExit("closed"))
        return result


class Stream(Proxy):
    """An iterator, such as a stream of a model's client."""

    def __iter__(self) -> "Stream":
        return self

    def __next__(self) -> Any:
        goes_on, piece = self._call.step(functools.partial(next, self._original))
        if goes_on:
            return piece
        self._call.finish_stream(piece)
        raise StopIteration(piece)


class AsyncStream(Proxy):
    """An asynchronous iterator."""

    def __aiter__(self) -> "AsyncStream":
        return self

    async def __anext__(self) -> Any:
        goes_on, piece = await self._call.async_step(self._original.__anext__())
        if goes_on:
            return piece
        self._call.finish_stream()
        raise StopAsyncIteration


class AsyncStreams(Proxy):
    """Something that is iterated over asynchronously; each time it gives an iterator."""

    def __aiter__(self) -> AsyncStream:
        with self._call.running():
            return AsyncStream(self._call, self._original.__aiter__())
