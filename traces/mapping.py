"""The one pure function from the spans of a trace to the events of its attempts."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from pilotfish.schemas.base import moment
from pilotfish.schemas.events import (
    MAX_CONTENT,
    MAX_MEASURE,
    MAX_TOKENS,
    AttemptEnded,
    AttemptStarted,
    Event,
    SignalRecorded,
    Status,
    StepRecorded,
)
from pilotfish.schemas.fitting import fitting
from pilotfish.schemas.ids import MAX_NAME
from pilotfish.schemas.texts import cut
from pilotfish.traces.approach import approach_of, hint_of
from pilotfish.traces.evidence import Evidence
from pilotfish.traces.failure import failure_of
from pilotfish.traces.model_call import model_calls_of
from pilotfish.traces.problem import problem_text
from pilotfish.traces.run import Run, runs_of
from pilotfish.traces.signals import evidence_of
from pilotfish.traces.span import Span
from pilotfish.traces.step import Step
from pilotfish.traces.steps import steps_of
from pilotfish.traces.who import agent_of, attributes_of

MAX_EVENTS: Final = 4000
"""Events of an attempt: `streams` remembers the ids of 4096."""
_MAX_EVIDENCE: Final = 256
"""As many signals of an attempt as `streams` keeps."""


def has_ended(spans: Sequence[Span]) -> bool:
    """Return whether the root of the trace is among its spans: a span is exported at its end."""
    return any(span.is_root for span in spans)


def events_of(
    spans: Sequence[Span], tenant: str, *, abandoned: bool = False
) -> list[Event]:
    """Return the events of the attempts that one trace tells of.

    The order and the number of copies of a span do not matter. The same span gives events
    with the same ids, whatever else of the trace is there. A trace in which no agent, no
    model and no tool has a part gives none.

    Args:
        spans: of one trace, as far as they are here.
        tenant: whose trace it is.
        abandoned: its root will not come: the agent was killed.
    """
    return [
        event
        for run in runs_of(spans)
        for event in _Attempt(run, tenant).events(abandoned=abandoned)
    ]


class _Attempt:
    """Makes the events of a run."""

    def __init__(self, run: Run, tenant: str) -> None:
        self._run = run
        self._trace_id = run.tops[0].span.trace_id
        self._ids = {"tenant": tenant, "attempt_id": run.attempt_id}
        self._calls = model_calls_of(run)
        self._agent = agent_of(run, self._calls)
        self._approach = approach_of(run, self._agent)
        self._failure = failure_of(run)

    def events(self, *, abandoned: bool) -> Iterator[Event]:
        """Yield the start, steps and signals, and the end if there is one."""
        evidence = evidence_of(self._run, self._failure)[-_MAX_EVIDENCE:]
        ended_well = self._run.is_whole and self._failure is None
        steps = steps_of(self._run, self._calls, ended_well=ended_well)
        kept = _kept(steps, MAX_EVENTS - len(evidence) - 2)
        yield self._started(left_out=len(steps) - len(kept))
        yield from (self._step(step) for step in kept)
        yield from (self._signal(signal) for signal in evidence)
        yield from self._ended(abandoned=abandoned)

    def _common(self, origin: str, at_us: int) -> dict[str, Any]:
        event_id = f"{self._trace_id}/{origin}"
        return {**self._ids, "event_id": event_id, "at": moment(at_us)}

    def _started(self, *, left_out: int) -> AttemptStarted:
        run = self._run
        at_us = min(top.span.start_us for top in run.tops)
        steps_left_out = {"steps_left_out": left_out} if left_out else {}
        return AttemptStarted(
            **self._common(f"{run.attempt_id}/start", at_us),
            problem=problem_text(run),
            approach=self._approach,
            agent=self._agent,
            attributes=attributes_of(run) | steps_left_out,
        )

    def _step(self, step: Step) -> StepRecorded:
        content = cut(step.content, MAX_CONTENT)
        event = StepRecorded(
            **self._common(step.origin, step.at_us),
            kind=step.kind,
            name=step.name[:MAX_NAME],
            content=content,
            truncated=len(content) < len(step.content),
            duration_s=step.duration_s,
            cost=min(step.cost, MAX_MEASURE),
            tokens=min(step.tokens, MAX_TOKENS),
        )
        return fitting(event)

    def _signal(self, evidence: Evidence) -> SignalRecorded:
        return SignalRecorded(
            **self._common(evidence.origin, evidence.at_us),
            kind=evidence.kind,
            value=evidence.value,
            detail=evidence.detail,
        )

    def _ended(self, *, abandoned: bool) -> Iterator[AttemptEnded]:
        """Yield the end: with the top of the run, or where the last of its spans ended."""
        run = self._run
        top = run.tops[0].span
        last_us = max(node.span.end_us for node in run.nodes)
        if run.is_whole:
            yield self._end(f"{top.span_id}/end", "unknown", top.end_us)
        elif abandoned:
            yield self._end(f"{run.attempt_id}/abandoned", "abandoned", last_us)

    def _end(self, origin: str, status: Status, at_us: int) -> AttemptEnded:
        return AttemptEnded(
            **self._common(origin, at_us),
            status=status,
            reason=self._failure.detail if self._failure else "",
            approach=self._approach,
            hint=hint_of(self._run),
        )


def _kept(steps: list[Step], most: int) -> list[Step]:
    """Return the first steps, and the answer."""
    if len(steps) <= most:
        return steps
    answers = [step for step in steps[most:] if step.kind == "answer"][-1:]
    return [*steps[: most - len(answers)], *answers]
