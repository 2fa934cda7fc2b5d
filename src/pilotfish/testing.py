"""An in-memory client, for tests of agents: no Kafka, no network.

client = MemoryClient()
client.will_advise("plan")
my_agent(client)
assert client.events[-1].status == "succeeded"
"""

from collections.abc import Callable
from typing import Final

from pilotfish._sdk.async_client import AsyncClient
from pilotfish._sdk.client import Client
from pilotfish._sdk.connection import Connection, Identity
from pilotfish._sdk.memory import AsyncMemory, Memory
from pilotfish._sdk.session import Session
from pilotfish._sdk.transport.transport import Advise, MemoryTransport
from pilotfish.schemas.advice import AdviceRequested
from pilotfish.schemas.events import Agent, Event
from pilotfish.schemas.remembered import Remembered, SearchMode, check

__all__ = ["AsyncMemoryClient", "MemoryClient"]

_FLUSH_S: Final = 10.0


class _ScriptedMemory(Memory):
    """Finds what it was told, in this order, whatever is searched for."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[Remembered] = []

    def search(
        self, text: str, k: int = 5, mode: SearchMode = "meaning"
    ) -> list[Remembered]:
        check(text, k)
        return self.found[:k]


class _Scripted:
    """What a test can ask a client for, and tell it."""

    _session: Session
    _transport: MemoryTransport
    _remembered: _ScriptedMemory

    @property
    def events(self) -> list[Event]:
        """Everything published so far, in order, as it would go to Kafka."""
        self._session.flush(_FLUSH_S)
        return list(self._transport.events)

    @property
    def requests(self) -> list[AdviceRequested]:
        """The requests for advice so far."""
        return list(self._transport.requests)

    def will_advise(self, approach: str | Advise | None) -> None:
        """Say what advice will be.

        Args:
            approach: its name, None for an abstention, or a function of the request
                that returns one of these.
        """
        if callable(approach):
            self._transport.advise = approach
        else:
            self._transport.advise = lambda _: approach

    def will_remember(self, *attempts: Remembered) -> None:
        """Say what `memory.search` will find, the most similar first."""
        self._remembered.found = list(attempts)

    def will_not_answer(self) -> None:
        """Let every request for advice run into its deadline."""
        self._transport.advise = None


class MemoryClient(_Scripted, Client):
    """A `Client` that keeps events in a list. Until told otherwise, advice abstains."""

    def __init__(
        self,
        *,
        redact: Callable[[str], str] | None = None,
        advice_deadline_s: float = 0.25,
    ) -> None:
        self._transport = MemoryTransport(lambda _: None)
        super().__init__(_session(self._transport, redact, advice_deadline_s))
        self.memory = self._remembered = _ScriptedMemory()


class AsyncMemoryClient(_Scripted, AsyncClient):
    """An `AsyncClient` that keeps events in a list, as `MemoryClient` does."""

    def __init__(
        self,
        *,
        redact: Callable[[str], str] | None = None,
        advice_deadline_s: float = 0.25,
    ) -> None:
        self._transport = MemoryTransport(lambda _: None)
        super().__init__(_session(self._transport, redact, advice_deadline_s))
        self._remembered = _ScriptedMemory()
        self.memory = AsyncMemory(self._remembered)


def _session(
    transport: MemoryTransport, redact: Callable[[str], str] | None, deadline_s: float
) -> Session:
    identity = Identity("default", Agent(), redact)
    return Session(lambda: Connection(identity, lambda *_: transport), deadline_s)
