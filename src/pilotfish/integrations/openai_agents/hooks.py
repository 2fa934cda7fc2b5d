"""Run hooks: they ask for advice when a run begins, and judge what came of it."""

import inspect
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Any

from agents import RunHooks
from agents.tracing import get_current_span

from pilotfish._sdk.client import Client
from pilotfish._sdk.warnings import LOG
from pilotfish.integrations.agent_run import Success, quietly
from pilotfish.integrations.choices import Choices
from pilotfish.integrations.openai_agents.begun import RUNS, run_id
from pilotfish.integrations.openai_agents.processor import PilotfishProcessor, attach
from pilotfish.integrations.openai_agents.spans import problem_of

Instructions = str | Callable[..., str | Awaitable[str]]


class PilotfishHooks(RunHooks[Any]):
    """Asks for advice when a run begins, and judges its output.

        hooks = PilotfishHooks(pilot, APPROACHES)
        agent = Agent("adder", instructions=hooks.instructions("You add."))
        result = await Runner.run(agent, problem, hooks=hooks)

    Each run is an attempt, recorded as `PilotfishProcessor` does. Without tracing there is
    no advice, because nobody would learn from it.

    Args:
        pilot: the client.
        approaches: names, each with one line of instruction; "found" asks for a strategy
            that was found in past attempts; none: it only records.
        problem_type: your own name for the kind of problem.
        success: says of the final output whether it is a success, or None where it cannot
            tell.
    """

    def __init__(
        self,
        pilot: Client,
        approaches: Choices | None = None,
        *,
        problem_type: str = "",
        success: Success | None = None,
    ) -> None:
        attach()
        self._recorder = PilotfishProcessor(pilot, problem_type=problem_type)
        self._approaches: Choices | None = approaches
        self._success = success

    def instructions(self, base: Instructions = "") -> Callable[..., Awaitable[str]]:
        """Return instructions for an agent: these, and the hint of the run, if it has one.

        Args:
            base: a text, or a function of the context and the agent as the framework takes.
        """

        async def with_hint(context: Any, agent: Any) -> str:
            text = base(context, agent) if callable(base) else base
            own = await text if inspect.isawaitable(text) else text
            run = RUNS.of(_current_span())
            return f"{own}\n\n{run.hint}".strip() if run and run.hint else str(own)

        return with_hint

    async def on_agent_start(self, context: Any, agent: Any) -> None:
        with quietly("the agent goes on without advice"):
            if self._take(problem_of(context, "turn_input")) and self._approaches:
                run = RUNS.of(_current_span())
                if run is not None and not run.asked:
                    await run.ask_async(self._approaches)

    async def on_tool_start(self, context: Any, agent: Any, tool: Any) -> None:
        with quietly("a resumed run is not recorded"):
            self._take(None)

    async def on_agent_end(self, context: Any, agent: Any, output: Any) -> None:
        run = RUNS.of(_current_span())
        if run is not None:
            run.judge(self._success, output)

    def _take(self, problem: str | None) -> bool:
        """Begin the attempt of the current run, unless it has one; False if it is not traced.

        Without a problem the run goes on with tools that waited for a person.
        """
        span = get_current_span()
        current = run_id(_current_span())
        if span is None or current is None:
            _say_untraced()
            return False
        if current not in RUNS.agents:
            run = self._recorder.begin(span, problem)
            if run is not None:
                RUNS.agents[current] = run
        return True


@cache
def _say_untraced() -> None:
    LOG.warning(
        "no advice and no attempts: tracing of OpenAI Agents is disabled, or "
        "set_trace_processors() was called after PilotfishHooks was made"
    )


def _current_span() -> str | None:
    span = get_current_span()
    return span.span_id if span else None
