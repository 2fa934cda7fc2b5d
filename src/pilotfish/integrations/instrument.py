"""`pilotfish.instrument()`: records every agent of the frameworks that are installed."""

from importlib import import_module
from importlib.util import find_spec
from types import TracebackType
from typing import Any, Final, NamedTuple, Self

from pilotfish._sdk.client import Client
from pilotfish._sdk.connect import connect
from pilotfish._sdk.warnings import LOG


class _Framework(NamedTuple):
    """A framework, and what can be set up for all of its agents at once.

    Args:
        name: as people call it.
        package: whose presence tells that it is installed.
        adapter: the module with `attach` and `EVERYWHERE`; None if there is no such seam.
        said: what is set up, and what is left for the user.
    """

    name: str
    package: str
    adapter: str | None
    said: str


_FRAMEWORKS: Final = (
    _Framework(
        "LangChain and LangGraph",
        "langchain.agents",
        "pilotfish.integrations.langchain.handler",
        "each run of a chain, graph or agent is an attempt; "
        "for advice, give PilotfishMiddleware to create_agent",
    ),
    _Framework(
        "OpenAI Agents",
        "agents.tracing",
        "pilotfish.integrations.openai_agents.processor",
        "each run is an attempt; for advice, give PilotfishHooks to Runner.run",
    ),
    _Framework(
        "PydanticAI",
        "pydantic_ai",
        None,
        "nothing can be set up for all agents at once: give PilotfishCapability to each",
    ),
)


class Instrumentation:
    """What `instrument` did, as text; `undo` takes it back, and so does leaving its block.

    Attributes:
        lines: one for each framework, as `str` joins them.
    """

    def __init__(self, pilot: Client, *, close: bool) -> None:
        self.lines: list[str] = []
        self._pilot = pilot
        self._close = close
        self._recorders: list[Any] = []

    def set_up(self, framework: _Framework) -> None:
        """Record a framework's agents, where it is installed and has a seam for that."""
        if not _is_installed(framework.package):
            self.lines.append(f"{framework.name}: not installed")
            return
        if framework.adapter is not None:
            adapter = import_module(framework.adapter)
            adapter.attach()
            adapter.EVERYWHERE.pilot = self._pilot
            self._recorders.append(adapter.EVERYWHERE)
        self.lines.append(f"{framework.name}: {framework.said}")

    def undo(self) -> None:
        """Record no runs that begin from now on; idempotent."""
        for recorder in self._recorders:
            if recorder.pilot is self._pilot:
                recorder.pilot = None
        self._recorders.clear()
        if self._close:
            self._pilot.close()

    def __str__(self) -> str:
        return "\n".join(self.lines)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.undo()


def instrument(pilot: Client | None = None) -> Instrumentation:
    """Record what agents of installed frameworks do, without a change to their code.

        print(pilotfish.instrument())

    Imports the frameworks. It gives no advice: a hint has to enter a prompt, and for that
    an agent needs the adapter that its line names. A second call replaces the first one.

    Args:
        pilot: the client; if not given, `connect()` makes one, which `undo` closes.

    Raises:
        ConfigurationError: no client was given, and a setting is wrong.
    """
    done = Instrumentation(pilot or connect(), close=pilot is None)
    for framework in _FRAMEWORKS:
        done.set_up(framework)
    for line in done.lines:
        LOG.info("instrument: %s", line)
    return done


def _is_installed(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:
        return False
