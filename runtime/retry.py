"""Patience with servers: work that is done again until Kafka and ClickHouse answer."""

import threading
from collections.abc import Callable
from typing import Final, TypeVar

from pilotfish.schemas.errors import UnavailableError

Result = TypeVar("Result")

_FIRST_WAIT_S: Final = 0.25
_LONGEST_WAIT_S: Final = 5.0


def retry_until_available(
    work: Callable[[], Result],
    given_up: threading.Event,
    waits: Callable[[UnavailableError, float], object],
) -> Result:
    """Return what `work` does once it succeeds.

    `waits` hears of each error and the seconds to wait.

    Raises:
        UnavailableError: `given_up` was set while a server was away.
    """
    wait_s = _FIRST_WAIT_S
    while True:
        try:
            return work()
        except UnavailableError as error:
            waits(error, wait_s)
            if given_up.wait(wait_s):
                raise
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)
