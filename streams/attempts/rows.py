"""Rows of the tables `attempts` and `window_counts_by_partition`: columns and values."""

import json
from collections.abc import Iterable
from typing import NamedTuple

from pilotfish.schemas.events import HintMark
from pilotfish.strategies.moves import Moves
from pilotfish.streams.attempts.cache import Cell
from pilotfish.streams.attempts.conduct import Conduct
from pilotfish.streams.attempts.state import State
from pilotfish.streams.attempts.windows import Counts, Segment, Window
from pilotfish.streams.labels.rules import RULES, Label, Signal


class AttemptRow(NamedTuple):
    """A row of `attempts`; times are microseconds since 1970, on both ways."""

    tenant: str
    attempt_id: str
    topic_partition: int
    last_offset: int
    version: int
    first_offset: int
    p_success: float | None
    abstained: str
    started: bool
    status: str
    problem: str
    problem_type: str
    approach: str
    agent: str
    agent_version: str
    model: str
    started_at: int
    ended_at: int | None
    last_event_at: int
    steps: int
    late_steps: int
    cost: float
    tokens: int
    evidence: str
    hint_request_id: str
    hint_approach: str
    hint_propensity: float | None
    hint_holdout: bool
    hint_advisor: str
    seen_events: list[int]
    asker: str
    actions: list[str]
    repeats: int
    recent_actions: list[int]
    answer: str | None
    exception: str
    end_reason: str
    stuck: bool
    votes: dict[str, float]
    moves: list[str]
    strategy: str
    labeller: str
    ended: bool = False
    """Written for queries and never read back, because `status` says the same."""

    @classmethod
    def of(cls, state: State) -> "AttemptRow":
        """Return the row of a state."""
        hint, conduct = state.hint, state.conduct
        return cls(
            tenant=state.tenant,
            attempt_id=state.attempt_id,
            topic_partition=state.partition,
            last_offset=state.last_offset,
            version=state.version,
            first_offset=state.first_offset,
            p_success=state.label.p_success,
            abstained=state.label.abstained,
            started=state.started,
            status=state.status,
            problem=state.problem,
            problem_type=state.problem_type,
            approach=state.approach,
            agent=state.agent,
            agent_version=state.agent_version,
            model=state.model,
            started_at=state.started_us,
            ended_at=state.ended_us,
            last_event_at=state.last_event_us,
            steps=state.steps,
            late_steps=state.late_steps,
            cost=state.cost,
            tokens=state.tokens,
            evidence=_evidence(state.signals),
            hint_request_id=hint.request_id if hint else "",
            hint_approach=(hint.approach if hint else "") or "",
            hint_propensity=hint.propensity if hint else None,
            hint_holdout=hint.holdout if hint else False,
            hint_advisor=hint.advisor_version if hint else "",
            seen_events=list(state.seen),
            asker=state.asker,
            actions=conduct.actions,
            repeats=conduct.repeats,
            recent_actions=conduct.recent,
            answer=conduct.answer,
            exception=conduct.exception,
            end_reason=conduct.reason,
            stuck=conduct.stuck,
            votes=state.votes,
            moves=conduct.moves.distinct,
            strategy=state.strategy,
            labeller=state.label.by if state.version else "",
            ended=bool(state.status),
        )

    def state(self) -> State:
        """Return the state that `of` was given."""
        return State(
            tenant=self.tenant,
            attempt_id=self.attempt_id,
            partition=self.topic_partition,
            last_offset=self.last_offset,
            version=self.version,
            first_offset=self.first_offset,
            label=Label(self.p_success, self.abstained, self.labeller or RULES),
            started=self.started,
            status=self.status,
            problem=self.problem,
            problem_type=self.problem_type,
            approach=self.approach,
            strategy=self.strategy,
            agent=self.agent,
            agent_version=self.agent_version,
            model=self.model,
            asker=self.asker,
            conduct=self._conduct(),
            started_us=self.started_at,
            ended_us=self.ended_at,
            last_event_us=self.last_event_at,
            steps=self.steps,
            late_steps=self.late_steps,
            cost=self.cost,
            tokens=self.tokens,
            signals=[Signal(**signal) for signal in json.loads(self.evidence or "[]")],
            votes=dict(self.votes),
            hint=self._hint(),
            seen=dict.fromkeys(self.seen_events),
        )

    def _conduct(self) -> Conduct:
        return Conduct(
            actions=list(self.actions),
            moves=Moves(list(self.moves)),
            recent=list(self.recent_actions),
            repeats=self.repeats,
            answer=self.answer,
            exception=self.exception,
            reason=self.end_reason,
            stuck=self.stuck,
        )

    def _hint(self) -> HintMark | None:
        if not self.hint_request_id:
            return None
        return HintMark(
            request_id=self.hint_request_id,
            approach=self.hint_approach or None,
            propensity=self.hint_propensity,
            advisor_version=self.hint_advisor,
            holdout=self.hint_holdout,
        )


class WindowRow(NamedTuple):
    """A row of `window_counts_by_partition`."""

    tenant: str
    window_s: int
    window_start: int
    topic_partition: int
    problem_type: str
    approach: str
    attempts: int
    successes: int
    failures: int
    abstentions: int
    cost_nano: int
    duration_us: int
    last_offset: int

    @classmethod
    def of(cls, window: Window, segment: Segment, cell: Cell) -> "WindowRow":
        """Return the row of a cell."""
        return cls(*window, *segment, *cell.counts, cell.last_offset)

    @property
    def window(self) -> Window:
        return Window(*self[:4])

    @property
    def segment(self) -> Segment:
        return Segment(self.problem_type, self.approach)

    @property
    def cell(self) -> Cell:
        return Cell(Counts(*map(int, self[6:12])), int(self.last_offset))


def _evidence(signals: Iterable[Signal]) -> str:
    listed = [signal._asdict() for signal in signals]
    return json.dumps(listed, ensure_ascii=False) if listed else "[]"
