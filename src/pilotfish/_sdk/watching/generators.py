"""Generator functions that run another generator as the work of a call.

What their reader sends, throws or closes reaches it.
"""

import functools
from collections.abc import AsyncIterator, Callable, Generator
from typing import Any

from pilotfish._sdk.watching.call import WatchedCall

Start = Callable[..., tuple[WatchedCall, Any]]
"""Begins a call with these arguments; returns it and its result."""


def generator_function(start: Start) -> Callable[..., Generator[Any, Any, Any]]:
    """Return a generator function that runs the generator of the call it starts."""

    def watched(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        call, generator = start(*args, **kwargs)
        resume = functools.partial(next, generator)
        while True:
            goes_on, piece = call.step(resume)
            if not goes_on:
                call.finish_stream(piece)
                return piece
            try:
                sent = yield piece
            except GeneratorExit as closed:
                with call.running():
                    generator.close()
                call.end(closed)
                raise
            except BaseException as error:  # noqa: BLE001 - the generator's to handle
                resume = functools.partial(generator.throw, error)
            else:
                resume = functools.partial(generator.send, sent)

    return watched


def async_generator_function(start: Start) -> Callable[..., AsyncIterator[Any]]:
    """Return an asynchronous generator function, as `generator_function`."""

    async def watched(*args: Any, **kwargs: Any) -> AsyncIterator[Any]:
        call, generator = start(*args, **kwargs)
        resume = functools.partial(generator.asend, None)
        while True:
            goes_on, piece = await call.async_step(resume())
            if not goes_on:
                call.finish_stream()
                return
            try:
                sent = yield piece
            except GeneratorExit as closed:
                with call.running():
                    await generator.aclose()
                call.end(closed)
                raise
            except BaseException as error:  # noqa: BLE001 - the generator's to handle
                resume = functools.partial(generator.athrow, error)
            else:
                resume = functools.partial(generator.asend, sent)

    return watched
