"""Assembles the state of an attempt from its events, in the order of their offsets.

Pure: the same events at the same offsets give the same state in any batch, process or
replay. Each unusual case has one outcome:

- an event at or below `last_offset` was seen before, by this worker or another: skipped;
- an event of a forgotten attempt: skipped;
- an event with the id of an earlier one is a duplicate: skipped;
- a second start: skipped; a late first start still sets the problem and the start time;
- the first end with an outcome, `succeeded` or `failed`, counts. An end without one is
  revised by the next end that says more, or has another approach or hint: an attempt may
  be taken up again;
- steps after the first end with an outcome are counted in `late_steps` and nowhere else;
- signals and feedback count at any time, and revise the label after the end;
- so does the strategy that was found in the attempt's moves.
"""

from collections.abc import Callable
from functools import cache
from hashlib import blake2b
from typing import Any, Final

import structlog

from pilotfish.schemas.askers import asker_of, unusable_askers
from pilotfish.schemas.base import micros
from pilotfish.schemas.events import (
    AttemptEnded,
    AttemptStarted,
    Event,
    FeedbackGiven,
    SignalRecorded,
    StepRecorded,
    StrategyAssigned,
)
from pilotfish.schemas.forgotten import FORGOTTEN
from pilotfish.streams.attempts.state import State, as_attempt
from pilotfish.streams.labelling import votes
from pilotfish.streams.labels.decision import decide, teach
from pilotfish.streams.labels.model import LabelModel
from pilotfish.streams.labels.rules import END, FEEDBACK, Signal

_LOG = structlog.get_logger(service="streams")

MAX_SEEN: Final = 4096
"""Events per attempt whose ids are remembered; a duplicate comes soon or never."""
MAX_SIGNALS: Final = 256
"""Signals kept per attempt: the newest ones, because the latest value counts."""

_VALUES: Final = {"succeeded": 1.0, "failed": 0.0}
_SAYS: Final = {"": 0, "abandoned": 1, "unknown": 2, "infrastructure": 3}
"""How much an end says that is no outcome; an end with one says more than all of these."""
_OUTCOME: Final = 4


def apply(state: State, event: Event, offset: int, model: LabelModel) -> bool:
    """Apply `event` at `offset` to the state; return False if it was skipped.

    After the end, every change that matters to the label makes a new version of it.
    """
    mark = event_mark(event.event_id)
    if is_seen(state, mark, offset):
        return False
    state.last_offset = offset
    _remember_event(state, mark)
    at_us = micros(event.at)
    state.last_event_us = max(state.last_event_us, at_us)
    matters = _APPLY[type(event)](state, event, at_us)
    if matters and state.status:
        _label(state, offset, model)
    return True


def is_seen(state: State, mark: int, offset: int) -> bool:
    """Return whether `apply` skips this event: it, or a duplicate, was applied before."""
    forgotten = state.status == FORGOTTEN
    return forgotten or offset <= state.last_offset or mark in state.seen


def event_mark(event_id: str) -> int:
    """Return a 64-bit hash of an event's id, the same in every process."""
    return int.from_bytes(blake2b(event_id.encode(), digest_size=8).digest())


def _remember_event(state: State, mark: int) -> None:
    state.seen[mark] = None
    if len(state.seen) > MAX_SEEN:
        del state.seen[next(iter(state.seen))]


def _label(state: State, offset: int, model: LabelModel) -> None:
    attempt = as_attempt(state)
    before = state.votes if state.version else None
    state.votes = votes(attempt)
    state.label = decide(attempt, state.votes, model)
    teach(attempt, before, state.votes, model)
    state.version += 1
    if state.version == 1:
        state.first_offset = offset


def _move_start(state: State, at_us: int) -> None:
    """Until its start arrives, an attempt starts with its earliest event."""
    if not state.started and (not state.started_us or at_us < state.started_us):
        state.started_us = at_us


def _started(state: State, event: AttemptStarted, at_us: int) -> bool:
    if state.started:
        return False
    state.started = True
    state.started_us = at_us
    state.problem = event.problem
    state.problem_type = event.problem_type
    state.approach = state.approach or event.approach or ""
    state.agent = event.agent.name
    state.agent_version = event.agent.version
    state.model = event.agent.model
    state.asker = asker_of(event.attributes)
    for name in unusable_askers(event.attributes):
        _say_unusable_asker(name)
    return True


@cache  # once for each attribute
def _say_unusable_asker(name: str) -> None:
    _LOG.warning("asker_unusable", attribute=name, wanted="a text or a number")


def _step(state: State, event: StepRecorded, at_us: int) -> bool:
    if state.status in _VALUES:
        state.late_steps += 1
        return False
    if not state.status:
        _move_start(state, at_us)
    state.steps += 1
    state.cost += event.cost
    state.tokens += event.tokens
    state.conduct.step(event)
    return True


def _signal(state: State, event: SignalRecorded, at_us: int) -> bool:
    if event.kind == "exception":
        state.conduct.raised(event.detail)
    _add_signal(state, Signal(event.kind, event.p_success), at_us)
    return True


def _feedback(state: State, event: FeedbackGiven, at_us: int) -> bool:
    source = FEEDBACK + event.source
    _add_signal(state, Signal("explicit", event.p_success, source), at_us)
    return True


def _assigned(state: State, event: StrategyAssigned, _at_us: int) -> bool:
    before, state.strategy = state.strategy, event.strategy
    return before != state.strategy


def _ended(state: State, event: AttemptEnded, at_us: int) -> bool:
    if state.status in _VALUES:
        return False
    if _says(event.status) <= _says(state.status):
        return _advised(state, event)
    if event.status in _VALUES:
        _add_signal(state, Signal("explicit", _VALUES[event.status], END), at_us)
    elif not state.status:
        _move_start(state, at_us)
    state.status = event.status
    state.ended_us = at_us
    state.conduct.ended(event.reason)
    _advised(state, event)
    return True


def _advised(state: State, event: AttemptEnded) -> bool:
    before = state.approach, state.hint
    state.approach = event.approach or state.approach
    state.hint = event.hint or state.hint
    return before != (state.approach, state.hint)


def _says(status: str) -> int:
    return _SAYS.get(status, _OUTCOME)


def _add_signal(state: State, signal: Signal, at_us: int) -> None:
    if not state.status:
        _move_start(state, at_us)
    state.signals.append(signal)
    del state.signals[:-MAX_SIGNALS]


_APPLY: Final[dict[type, Callable[[State, Any, int], bool]]] = {
    AttemptStarted: _started,
    StepRecorded: _step,
    SignalRecorded: _signal,
    AttemptEnded: _ended,
    FeedbackGiven: _feedback,
    StrategyAssigned: _assigned,
}
