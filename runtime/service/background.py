"""One call in a daemon thread, which delays neither a stop nor the interpreter's exit."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import wait as wait_for
from typing import TypeVar

Result = TypeVar("Result")


def in_background(work: Callable[[], Result]) -> "Future[Result]":
    """Start `work` now; the future carries its result or its error."""
    future: Future[Result] = Future()

    def call() -> None:
        try:
            result = work()
        except BaseException as error:  # noqa: BLE001 - raised again by result()
            future.set_exception(error)
        else:
            future.set_result(result)

    threading.Thread(target=call, daemon=True).start()
    return future


def close_within(close: Callable[[], object], timeout_s: float) -> None:
    """Close a consumer, but do not wait for longer than the timeout.

    A consumer that Kafka refuses cannot leave its group, and librdkafka would try for
    minutes.
    """
    wait_for([in_background(close)], timeout=timeout_s)
