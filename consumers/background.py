"""One call in a daemon thread: it holds up neither a stop nor the interpreter's exit."""

import threading
from collections.abc import Callable
from concurrent.futures import Future


def in_background(work: Callable[[], None]) -> "Future[None]":
    """Start `work` now; the future carries its end or its error."""
    future: Future[None] = Future()

    def call() -> None:
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - raised again by result()
            future.set_exception(error)
        else:
            future.set_result(None)

    threading.Thread(target=call, daemon=True).start()
    return future
