"""A middleware for `create_agent`: asks before the agent, and puts the hint in."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final, NotRequired
from uuid import UUID

from langchain.agents.middleware import AgentMiddleware, AgentState
from langchain.agents.middleware.types import ModelRequest, OmitFromSchema
from langgraph.config import get_config

from pilotfish._sdk.client import Client
from pilotfish._sdk.foreign import read
from pilotfish._sdk.text import as_text
from pilotfish.integrations.agent_run import AgentRun, Success, quietly
from pilotfish.integrations.choices import Choices
from pilotfish.integrations.langchain.calls import RUNS
from pilotfish.integrations.langchain.handler import attach
from pilotfish.integrations.langchain.prompt import with_hint
from pilotfish.integrations.langchain.reading import problem_of
from pilotfish.integrations.langchain.spans import in_span_of

_NO_ADVICE: Final = "the agent goes on without advice"


class PilotfishState(AgentState[Any]):
    """What the middleware keeps in the graph's state, so that checkpoints have it."""

    pilotfish_attempt: NotRequired[Annotated[str, OmitFromSchema(True, False)]]
    pilotfish_hint: NotRequired[Annotated[str, OmitFromSchema(True, True)]]


class PilotfishMiddleware(AgentMiddleware[AgentState[Any], Any, Any]):
    """Asks for advice when a run begins, and puts the hint into each of its prompts.

        agent = create_agent(model, tools, middleware=[PilotfishMiddleware(pilot, APPROACHES)])

    Each run is an attempt: its model calls and tools are steps, an exception that leaves
    it is a failure. The result has the attempt's id as "pilotfish_attempt", for feedback.
    An agent that was interrupted goes on with its attempt, in another process, too, and is
    not advised again. Its place among middlewares does not matter.

    Args:
        pilot: the client.
        approaches: names, each with one line of instruction; "found" asks for a strategy
            that was found in past attempts; none: it only records.
        problem_type: your own name for the kind of problem.
        success: says of the agent's final state whether it is a success, or None where it
            cannot tell.
    """

    state_schema = PilotfishState

    def __init__(
        self,
        pilot: Client,
        approaches: Choices | None = None,
        *,
        problem_type: str = "",
        success: Success | None = None,
    ) -> None:
        super().__init__()
        attach()
        self._pilot = pilot
        self._approaches: Choices | None = approaches
        self._problem_type = problem_type
        self._success = success

    def before_agent(self, state: AgentState[Any], runtime: Any) -> dict[str, Any]:
        with quietly(_NO_ADVICE):
            run = self._begin(state)
            return _noted(run, run.ask(self._approaches) if self._approaches else "")
        return {}

    async def abefore_agent(
        self, state: AgentState[Any], runtime: Any
    ) -> dict[str, Any]:
        with quietly(_NO_ADVICE):
            run = self._begin(state)
            approaches = self._approaches
            return _noted(run, await run.ask_async(approaches) if approaches else "")
        return {}

    def wrap_model_call(
        self, request: ModelRequest[Any], handler: Callable[[ModelRequest[Any]], Any]
    ) -> Any:
        self._take_up(request.state)
        return handler(with_hint(request))

    async def awrap_model_call(
        self,
        request: ModelRequest[Any],
        handler: Callable[[ModelRequest[Any]], Awaitable[Any]],
    ) -> Any:
        self._take_up(request.state)
        return await handler(with_hint(request))

    def wrap_tool_call(self, request: Any, handler: Callable[[Any], Any]) -> Any:
        self._take_up(request.state)
        return handler(request)

    async def awrap_tool_call(
        self, request: Any, handler: Callable[[Any], Awaitable[Any]]
    ) -> Any:
        self._take_up(request.state)
        return await handler(request)

    def after_agent(self, state: AgentState[Any], runtime: Any) -> None:
        with quietly("an outcome is unknown"):
            run = RUNS.of(_agent_run_id())
            if run is not None:
                run.judge(self._success, state)

    def _begin(self, state: AgentState[Any]) -> AgentRun:
        run_id = _agent_run_id()
        run = RUNS.agents.get(run_id) if run_id else None
        if run is None:
            problem = problem_of(state)
            with in_span_of(run_id):
                run = AgentRun.begin(
                    self._pilot, problem, self._problem_type, session=_thread()
                )
        if run_id:
            RUNS.agents[run_id] = run
        return run

    def _take_up(self, state: Any) -> None:
        """Go on with the attempt of a run that began before an interrupt."""
        with quietly("a resumed run is not recorded"):
            run_id, attempt_id = _agent_run_id(), read(state, "pilotfish_attempt")
            if run_id and attempt_id and run_id not in RUNS.agents:
                with in_span_of(run_id):
                    attempt = self._pilot.resume(as_text(attempt_id))
                RUNS.agents.setdefault(run_id, AgentRun(attempt, session=_thread()))


def _noted(run: AgentRun, hint: str) -> dict[str, Any]:
    return {"pilotfish_attempt": run.attempt.id, "pilotfish_hint": hint}


def _agent_run_id() -> UUID | None:
    """Return the id of the agent's run: the parent of that of the current node."""
    node: Any = read(get_config().get("callbacks"), "parent_run_id")
    return RUNS.parents.get(node)


def _thread() -> str:
    return as_text(get_config().get("configurable", {}).get("thread_id") or "")
