"""An in-memory client, for tests of agents: no Kafka, no network.

client = MemoryClient()
client.will_advise("plan")
my_agent(client)
assert client.events[-1].status == "succeeded"
"""

from collections.abc import Callable
from typing import Final

from pilotfish._sdk.approach_by import ApproachBy, Fact
from pilotfish._sdk.async_client import AsyncClient
from pilotfish._sdk.client import Client
from pilotfish._sdk.connection import Connection, Identity
from pilotfish._sdk.memory import AsyncMemory, Memory
from pilotfish._sdk.options import check_control_flow
from pilotfish._sdk.session import Session
from pilotfish._sdk.shared_connections import CONNECTIONS, Joined, Users
from pilotfish._sdk.text import as_text
from pilotfish._sdk.transport.transport import Advise, MemoryTransport
from pilotfish.schemas.advice import AdviceRequested
from pilotfish.schemas.events import Agent, Event
from pilotfish.schemas.remembered import Remembered, SearchMode, check

__all__ = ["AsyncMemoryClient", "MemoryClient"]

_FLUSH_S: Final = 10.0
_AGENT: Final = Agent(version="test", model="test")


class _ScriptedMemory(Memory):
    """Returns the same scripted attempts for every search."""

    def __init__(self) -> None:
        super().__init__()
        self.results: list[Remembered] = []

    def search(
        self, text: str, k: int = 5, mode: SearchMode = "meaning"
    ) -> list[Remembered]:
        check(as_text(text), k)
        return self.results[:k]


class _Scripted:
    """What a test can read from a client, and script."""

    _session: Session
    _transport: MemoryTransport
    _remembered: _ScriptedMemory

    @property
    def events(self) -> list[Event]:
        """All events published so far, in order, as they would go to Kafka."""
        self._session.flush(_FLUSH_S)
        return list(self._transport.events)

    @property
    def requests(self) -> list[AdviceRequested]:
        """All requests for advice so far."""
        return list(self._transport.requests)

    def will_advise(self, approach: str | Advise | None) -> None:
        """Script the answer to requests for advice.

        Args:
            approach: the name of the approach, None for an abstention, or a function of
                the request that returns one of these. Where the agent asks without
                approaches, the name stands for a strategy that was found.
        """
        if callable(approach):
            self._transport.advise = approach
        else:
            self._transport.advise = lambda _: approach

    def will_remember(self, *attempts: Remembered) -> None:
        """Script what `memory.search` returns, the most similar first."""
        self._remembered.results = list(attempts)

    def will_not_answer(self) -> None:
        """Leave requests for advice unanswered, so that they run into the deadline."""
        self._transport.advise = None


class MemoryClient(_Scripted, Client):
    """A `Client` that keeps events in a list; advice abstains unless scripted."""

    def __init__(
        self,
        *,
        redact: Callable[[str], str] | None = None,
        advice_deadline_s: float = 0.25,
        control_flow: tuple[type[BaseException], ...] = (),
        approach_by: Fact | None = None,
    ) -> None:
        self._transport = MemoryTransport(lambda _: None)
        super().__init__(
            _session(
                self._transport, redact, advice_deadline_s, control_flow, approach_by
            )
        )
        self.memory = self._remembered = _ScriptedMemory()


class AsyncMemoryClient(_Scripted, AsyncClient):
    """An `AsyncClient` that keeps events in a list, as `MemoryClient` does."""

    def __init__(
        self,
        *,
        redact: Callable[[str], str] | None = None,
        advice_deadline_s: float = 0.25,
        control_flow: tuple[type[BaseException], ...] = (),
        approach_by: Fact | None = None,
    ) -> None:
        self._transport = MemoryTransport(lambda _: None)
        super().__init__(
            _session(
                self._transport, redact, advice_deadline_s, control_flow, approach_by
            )
        )
        self._remembered = _ScriptedMemory()
        self.memory = AsyncMemory(self._remembered)


def _session(
    transport: MemoryTransport,
    redact: Callable[[str], str] | None,
    deadline_s: float,
    control_flow: tuple[type[BaseException], ...],
    approach_by: Fact | None,
) -> Session:
    check_control_flow(control_flow)
    identity = Identity("default", _AGENT, redact)
    key = object()

    def opened(users: Users) -> Connection:
        return Connection(identity, lambda *_: transport, users)

    def join(user: object) -> Joined:
        return CONNECTIONS.join(key, opened, user)

    by = ApproachBy(approach_by, _AGENT.model, _AGENT.version)
    return Session(join, deadline_s, control_flow, by)
