"""A tracing processor: each run of an agent is an attempt."""

import sys
from functools import cache
from typing import Any, Final

from agents import add_trace_processor
from agents.tracing import Span, Trace, TracingProcessor

from pilotfish._sdk.client import Client
from pilotfish.integrations.agent_run import AgentRun, quietly
from pilotfish.integrations.openai_agents.begun import (
    BEGUN,
    HELD,
    RUNS,
    Begun,
    outermost_run_id,
    run_id,
)
from pilotfish.integrations.openai_agents.spans import (
    duration_s,
    model_call,
    problem_of,
    tool_result,
)


class PilotfishProcessor(TracingProcessor):
    """Records each run of `Runner` as an attempt; gives no advice.

        add_trace_processor(PilotfishProcessor(pilot))

    Runs of agents within a run are steps of it. The problem is in the first call of a
    model, so that a run whose traces leave out sensitive data has none. Where tracing is
    disabled, nothing is recorded.

    Args:
        pilot: the client; None records only the runs that `PilotfishHooks` begins.
        problem_type: your own name for the kind of problem.
    """

    def __init__(self, pilot: Client | None, *, problem_type: str = "") -> None:
        self.pilot = pilot
        self._problem_type = problem_type

    def on_trace_start(self, trace: Trace) -> None: ...

    def on_trace_end(self, trace: Trace) -> None: ...

    def on_span_start(self, span: Span[Any]) -> None:
        RUNS.parents[span.span_id] = span.parent_id
        kind = span.span_data.type
        if kind == "task" or (kind == "agent" and run_id(span.parent_id) is None):
            known = BEGUN.get(span.span_id, Begun(sys.exception(), None))
            recorder = known.recorder or (self if self.pilot else None)
            BEGUN[span.span_id] = known._replace(recorder=recorder)

    def on_span_end(self, span: Span[Any]) -> None:
        with quietly("a span is not recorded"):
            if span.span_id in RUNS.parents:
                try:
                    _record(span)
                finally:
                    _leave(span)

    def shutdown(self) -> None: ...

    def force_flush(self) -> None: ...

    def begin(self, span: Span[Any], problem: str | None) -> AgentRun | None:
        """Begin the attempt of a run; None for no problem goes on with that of the trace."""
        if self.pilot is None:
            return None
        known = (
            RUNS.threads.resume(span.trace_id, self.pilot) if problem is None else None
        )
        if known is not None:
            return known
        run = AgentRun.begin(self.pilot, problem or "", self._problem_type)
        run.session = span.trace_id
        return run


def _record(span: Span[Any]) -> None:
    data = span.span_data
    if data.type in ("generation", "response"):
        run = RUNS.of(span.span_id) or _begin(span, problem_of(data))
        if run is not None:
            _release(run)
            call = model_call(data, duration_s(span))
            if call is not None:
                run.model_call(call)
    elif data.type == "function":
        # A run whose first step is no model's goes on with tools that waited.
        run = RUNS.of(span.span_id) or _begin(span, None)
        if run is not None:
            HELD.setdefault(run.attempt.id, []).append(span)
            if span.error or data.output is not None:
                _release(run)


def _release(run: AgentRun) -> None:
    for span in HELD.pop(run.attempt.id, ()):
        data = span.span_data
        run.tool_call(data.name, data.input, tool_result(span), duration_s(span))


def _begin(span: Span[Any], problem: str | None) -> AgentRun | None:
    """Begin the attempt of the outermost run that a span is part of, if anybody records."""
    outermost = outermost_run_id(span.span_id)
    begun = BEGUN.get(outermost) if outermost else None
    if outermost is None or begun is None or begun.recorder is None:
        return None
    run = begun.recorder.begin(span, problem)
    if run is not None:
        RUNS.agents[outermost] = run
    return run


def _leave(span: Span[Any]) -> None:
    begun = BEGUN.pop(span.span_id, None)
    run = RUNS.leave(span.span_id)
    if run is None or begun is None:
        return
    HELD.pop(run.attempt.id, None)
    # A span ends in a `finally`, while what leaves the run is on its way.
    error = sys.exception()
    if error is None or error is begun.outside:
        run.finish(None)
    else:
        run.fail(error)


EVERYWHERE: Final = PilotfishProcessor(None)
"""Receives all spans of the process, once `attach` was called."""


@cache  # Once: the framework has no way to remove one of several processors.
def attach() -> None:
    """Have the framework give all spans to `EVERYWHERE` from now on."""
    add_trace_processor(EVERYWHERE)
