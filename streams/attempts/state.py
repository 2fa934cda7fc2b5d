"""The state of an attempt: the result of its events so far."""

from dataclasses import dataclass, field
from typing import Final, cast

from pilotfish.schemas.events import HintMark, Status
from pilotfish.schemas.forgotten import FORGOTTEN
from pilotfish.streams.attempts.conduct import Conduct
from pilotfish.streams.labelling import Attempt
from pilotfish.streams.labels.rules import Label, Signal

_NO_LABEL: Final = Label(None)


@dataclass(slots=True)
class State:
    """The state of one attempt up to `last_offset`; changed in place by `apply`.

    Times are microseconds since 1970. `status` is empty while the attempt is open;
    `label` and `first_offset` are valid from `version` 1 on. `seen` holds hashes of the
    ids of applied events, oldest first.
    """

    tenant: str
    attempt_id: str
    partition: int
    last_offset: int = -1
    version: int = 0
    first_offset: int = 0
    label: Label = _NO_LABEL
    started: bool = False
    status: Status | str = ""
    problem: str = ""
    problem_type: str = ""
    approach: str = ""
    strategy: str = ""
    agent: str = ""
    agent_version: str = ""
    model: str = ""
    asker: str = ""
    conduct: Conduct = field(default_factory=Conduct)
    started_us: int = 0
    ended_us: int | None = None
    last_event_us: int = 0
    steps: int = 0
    late_steps: int = 0
    cost: float = 0.0
    tokens: int = 0
    signals: list[Signal] = field(default_factory=list)
    votes: dict[str, float] = field(default_factory=dict)
    hint: HintMark | None = None
    seen: dict[int, None] = field(default_factory=dict)


def tombstone(state: State, offset: int) -> State:
    """Return the remains of an attempt forgotten at `offset`: its ids and offsets."""
    return State(
        tenant=state.tenant,
        attempt_id=state.attempt_id,
        partition=state.partition,
        last_offset=offset,
        version=state.version + bool(state.version),
        first_offset=state.first_offset,
        label=Label(None, FORGOTTEN),
        status=FORGOTTEN,
    )


def as_attempt(state: State) -> Attempt:
    """Return an ended attempt as labelling functions see it."""
    duration_us = (state.ended_us or state.started_us) - state.started_us
    return Attempt(
        status=cast("Status", state.status),
        reason=state.conduct.reason,
        problem=state.problem,
        problem_type=state.problem_type,
        approach=state.approach,
        agent=state.agent,
        steps=state.steps,
        actions=tuple(state.conduct.actions),
        repeats=state.conduct.repeats,
        answer=state.conduct.answer,
        exception=state.conduct.exception,
        signals=tuple(state.signals),
        cost=state.cost,
        tokens=state.tokens,
        duration_s=max(0, duration_us) / 1e6,
    )
