"""A client in memory that advises, and what its events say of the attempts."""

from collections import defaultdict
from collections.abc import Callable, Iterator

import pytest
from integrations.attempts import Recorded

from pilotfish.testing import MemoryClient


@pytest.fixture
def pilot() -> Iterator[MemoryClient]:
    with MemoryClient(advice_deadline_s=10) as client:
        client.will_advise("plan")
        yield client


@pytest.fixture
def recorded(pilot: MemoryClient) -> Callable[[], list[Recorded]]:
    """The attempts so far, in the order of their starts."""

    def read() -> list[Recorded]:
        events = defaultdict(list)
        for event in pilot.events:
            events[event.attempt_id].append(event)
        return [Recorded(of) for of in events.values()]

    return read
