"""A callback handler: each run of a chain or graph is an attempt."""

from contextvars import ContextVar
from functools import cache
from typing import Any, Final
from uuid import UUID

from langchain_core.tracers.context import register_configure_hook
from langgraph.errors import GraphInterrupt

from pilotfish._sdk.client import Client
from pilotfish._sdk.foreign import read
from pilotfish._sdk.text import as_text
from pilotfish.integrations.agent_run import AgentRun, Success
from pilotfish.integrations.langchain.calls import RUNS, CallRecorder
from pilotfish.integrations.langchain.reading import (
    is_resumption,
    problem_of,
)
from pilotfish.integrations.langchain.spans import in_span_of


class PilotfishHandler(CallRecorder):
    """Records every run of a chain or graph that it is given to; gives no advice.

        graph.invoke(inputs, {"callbacks": [PilotfishHandler(pilot)]})

    Model calls, tools and retrievers within a run, however deep, are its steps. A graph
    that `interrupt` stops and that is resumed in the same process, by its `thread_id`,
    goes on with its attempt. A call of a model outside of any chain is no attempt.

    Args:
        pilot: the client; None records only the runs that `PilotfishMiddleware` begins.
        problem_type: your own name for the kind of problem.
        success: says of a run's outputs whether they are a success, or None where it
            cannot tell.
    """

    def __init__(
        self,
        pilot: Client | None,
        *,
        problem_type: str = "",
        success: Success | None = None,
    ) -> None:
        self.pilot = pilot
        self._problem_type = problem_type
        self._success = success

    def on_chain_start(
        self,
        serialized: Any,
        inputs: Any,
        *,
        run_id: UUID,
        parent_run_id: UUID | None = None,
        metadata: dict[str, Any] | None = None,
        **_: Any,
    ) -> None:
        RUNS.parents[run_id] = parent_run_id
        if self.pilot and parent_run_id is None and run_id not in RUNS.agents:
            session = as_text(read(metadata, "thread_id") or "")
            with in_span_of(run_id):
                run = self._begun(self.pilot, inputs, session)
            if run is not None:
                RUNS.agents[run_id] = run

    def on_chain_end(self, outputs: Any, *, run_id: UUID, **_: Any) -> None:
        run = RUNS.leave(run_id)
        if run is not None:
            run.finish(outputs)

    def on_chain_error(self, error: BaseException, *, run_id: UUID, **_: Any) -> None:
        around = RUNS.of(run_id)
        if around is not None and isinstance(error, GraphInterrupt):
            around.interrupted = True
        run = RUNS.leave(run_id)
        if run is not None:
            run.fail(error)

    def _begun(self, pilot: Client, inputs: Any, session: str) -> AgentRun | None:
        if not is_resumption(inputs):
            return AgentRun.begin(
                pilot, problem_of(inputs), self._problem_type, self._success, session
            )
        # One that began in another process is known to its middleware.
        return RUNS.threads.resume(session, pilot, self._success)


EVERYWHERE: Final = PilotfishHandler(None)
"""Given to every run of the process, once `attach` was called."""

_VARIABLE: Final = ContextVar[PilotfishHandler | None](
    "pilotfish_handler", default=EVERYWHERE
)


@cache  # LangChain has no way to take a hook back.
def attach() -> None:
    """Have LangChain give `EVERYWHERE` to every run from now on."""
    register_configure_hook(_VARIABLE, inheritable=True)
