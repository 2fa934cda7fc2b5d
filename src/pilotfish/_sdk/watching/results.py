"""Results that are work not done yet: what is returned instead, to see how it goes."""

import functools
import inspect
import io
import weakref
from collections.abc import Awaitable, Callable, Coroutine, Generator
from types import NoneType
from typing import Any, Final

from pilotfish._sdk.watching.call import WatchedCall
from pilotfish._sdk.watching.generators import (
    async_generator_function,
    generator_function,
)
from pilotfish._sdk.watching.proxies import (
    AsyncStream,
    AsyncStreams,
    Proxy,
    Stream,
)


def watched_result(call: WatchedCall, result: Any) -> Any:
    """Return a result whose end is the attempt's; ends that at once if it is complete."""
    wrap = _wrapper(result)
    if wrap is None:
        call.finish(result)
        return result
    if wrap in _ASYNC:
        call.become_async()
    watched = wrap(call, result)
    if watched is not result:
        # Nobody may ever read it: then nothing in it runs.
        weakref.finalize(watched, _drop, call, result).atexit = False
    return watched


async def awaited(call: WatchedCall, awaitable: Awaitable[Any]) -> Any:
    """Await the work of a call; return its result, which may be a stream."""
    with call.running():
        result = await awaitable
    return watched_result(call, result)


class Promise(Proxy):
    """Something to be awaited that is no coroutine."""

    def __await__(self) -> Generator[Any, Any, Any]:
        # A generator, so that `self` is held for as long as it is awaited.
        return (yield from awaited(self._call, self._original).__await__())


def _drop(call: WatchedCall, result: Any) -> None:
    if inspect.iscoroutine(result):
        result.close()  # without a warning: what stood for it warns, unless it was closed
    call.end(GeneratorExit("dropped"))


def _wrapper(result: Any) -> Callable[[WatchedCall, Any], Any] | None:
    if type(result) in _COMPLETE:  # most results: asking takes microseconds
        return None
    try:
        return _wrapper_of_work(result)
    except Exception:  # noqa: BLE001 - a foreign class may raise whatever it is asked
        return None


def _wrapper_of_work(result: Any) -> Callable[[WatchedCall, Any], Any] | None:
    kind = type(result)
    for matches, wrap in (
        (inspect.isgenerator(result), _generator),
        (inspect.isasyncgen(result), _async_generator),
        (inspect.iscoroutine(result), _coroutine),
        (hasattr(kind, "__anext__"), AsyncStream),
        (hasattr(kind, "__next__") and not isinstance(result, io.IOBase), Stream),
        (hasattr(kind, "add_done_callback"), _future),
        (isinstance(result, Coroutine) and not hasattr(kind, "__aenter__"), _coroutine),
        (hasattr(kind, "__await__"), Promise),
        (hasattr(kind, "__aiter__") and not hasattr(kind, "__iter__"), AsyncStreams),
    ):
        if matches:
            return wrap
    return None


def _generator(call: WatchedCall, generator: Any) -> Any:
    return _named_like(generator, generator_function(lambda: (call, generator))())


def _async_generator(call: WatchedCall, generator: Any) -> Any:
    return _named_like(generator, async_generator_function(lambda: (call, generator))())


def _coroutine(call: WatchedCall, coroutine: Any) -> Any:
    return _named_like(coroutine, awaited(call, coroutine))


def _future(call: WatchedCall, future: Any) -> Any:
    try:
        future.add_done_callback(functools.partial(_settle, call))
    except Exception:  # noqa: BLE001 - such as of an event loop that is closed
        call.finish(future)
    return future


def _settle(call: WatchedCall, future: Any) -> None:
    try:
        result = future.result()
    except BaseException as error:  # noqa: BLE001 - it is told to whoever awaits the future
        call.end(error)
    else:
        call.finish(result)


def _named_like(original: Any, watched: Any) -> Any:
    watched.__name__ = getattr(original, "__name__", watched.__name__)
    watched.__qualname__ = getattr(original, "__qualname__", watched.__name__)
    return watched


_COMPLETE: Final = frozenset(
    {bool, bytes, dict, float, int, list, str, tuple, NoneType}
)
_ASYNC: Final = (_async_generator, _coroutine, AsyncStream, AsyncStreams, Promise)
