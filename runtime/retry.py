"""The one back-off of everything that waits for Kafka and ClickHouse."""

import threading
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from pilotfish.schemas.errors import UnavailableError

Result = TypeVar("Result")

FIRST_WAIT_S: Final = 0.25
LONGEST_WAIT_S: Final = 5.0
"""A server that came back is noticed after this long at the latest."""


def waits() -> Iterator[float]:
    """Yield the seconds to wait before each retry: doubled each time, up to five."""
    wait_s = FIRST_WAIT_S
    while True:
        yield wait_s
        wait_s = min(2 * wait_s, LONGEST_WAIT_S)


def retry_until_available(
    work: Callable[[], Result],
    given_up: threading.Event,
    note: Callable[[UnavailableError, float], object],
) -> Result:
    """Return what `work` does once it succeeds.

    Args:
        work: what may fail while a server is away.
        given_up: ends the tries once it is set.
        note: called with each error and the seconds until the next try.

    Raises:
        UnavailableError: `given_up` was set while a server was away.
    """
    for wait_s in waits():
        try:
            return work()
        except UnavailableError as error:
            note(error, wait_s)
            if given_up.wait(wait_s):
                raise
    raise AssertionError("waits() never ends")
