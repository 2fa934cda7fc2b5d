"""The same client twice: in memory, and over real Kafka with a stand-in advisor."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from typing import Protocol, TypeVar

import pytest
from sdk.stand_in import EventReader, StandInAdvisor

import pilotfish
from pilotfish._sdk.transport.transport import Advise
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.advice import AdviceRequested
from pilotfish.schemas.events import AttemptEnded, Event, StepRecorded
from pilotfish.testing import MemoryClient

Redact = Callable[[str], str]
E = TypeVar("E", bound=Event)


def ended(events: list[Event]) -> AttemptEnded:
    (end,) = [event for event in events if isinstance(event, AttemptEnded)]
    return end


def by_time(events: Iterable[E]) -> list[E]:
    """Return events of several attempts in order: partitions come in any order."""
    return sorted(events, key=lambda event: event.at)


def steps(events: list[Event]) -> list[StepRecorded]:
    return [event for event in events if isinstance(event, StepRecorded)]


class World(Protocol):
    """A client, with the events it published and the advice it gets."""

    @property
    def client(self) -> pilotfish.Client: ...

    def events(self) -> list[Event]: ...

    def requests(self) -> list[AdviceRequested]: ...

    def advise(self, approach: Advise | None) -> None: ...


class MemoryWorld:
    def __init__(self, redact: Redact | None) -> None:
        self.client = MemoryClient(redact=redact)

    def events(self) -> list[Event]:
        return self.client.events

    def requests(self) -> list[AdviceRequested]:
        return self.client.requests

    def advise(self, approach: Advise | None) -> None:
        if approach is None:
            self.client.will_not_answer()
        else:
            self.client.will_advise(approach)

    def close(self) -> None:
        self.client.close()


class KafkaWorld:
    def __init__(self, settings: Settings, redact: Redact | None) -> None:
        self._reader = EventReader(settings)
        self._advisor = StandInAdvisor(settings)
        self.client = pilotfish.connect(
            kafka=settings.kafka,
            tenant=settings.tenant,
            redact=redact,
            advice_deadline_s=1.0,
        )

    def events(self) -> list[Event]:
        assert self.client.flush(60)
        sent = self.client.stats().sent
        return self._reader.until(lambda events: len(events) >= sent)

    def requests(self) -> list[AdviceRequested]:
        return self._advisor.requests

    def advise(self, approach: Advise | None) -> None:
        self._advisor.advise = approach

    def close(self) -> None:
        self.client.close()
        self._advisor.close()
        self._reader.close()


Worlds = Callable[[Redact | None], World]


@pytest.fixture(params=["memory", "kafka"])
def worlds(request: pytest.FixtureRequest) -> Iterator[Worlds]:
    """A factory of worlds; its argument is `redact`."""
    opened: list[MemoryWorld | KafkaWorld] = []

    def make(redact: Redact | None = None) -> World:
        if request.param == "memory":
            opened.append(MemoryWorld(redact))
        else:
            opened.append(KafkaWorld(request.getfixturevalue("settings"), redact))
        return opened[-1]

    yield make
    for world in opened:
        world.close()


@pytest.fixture
def world(worlds: Worlds) -> World:
    return worlds(None)


@pytest.fixture
def memory() -> Iterator[MemoryClient]:
    with MemoryClient() as client:
        yield client


@contextmanager
def reading(settings: Settings) -> Iterator[EventReader]:
    with closing(EventReader(settings)) as reader:
        yield reader
