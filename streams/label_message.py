"""The message about a label, from the state of its attempt."""

from pilotfish.schemas.base import moment
from pilotfish.schemas.events import Agent
from pilotfish.schemas.labels import AttemptLabelled, Evidence
from pilotfish.streams.attempts.state import State


def label_message(state: State) -> AttemptLabelled:
    """Return the message about a labelled attempt."""
    return AttemptLabelled(
        tenant=state.tenant,
        attempt_id=state.attempt_id,
        version=state.version,
        labeller=state.label.by,
        p_success=state.label.p_success,
        abstained=state.label.abstained,
        evidence=tuple(
            Evidence(kind=kind, value=value, source=source)
            for kind, value, source in state.signals
        ),
        votes=state.votes,
        problem=state.problem,
        problem_type=state.problem_type,
        approach=state.approach or None,
        agent=Agent(
            name=state.agent or "agent",
            version=state.agent_version,
            model=state.model,
        ),
        hint=state.hint,
        started_at=moment(state.started_us),
        ended_at=moment(state.ended_us or state.started_us),
        steps=state.steps,
        cost=state.cost,
        tokens=state.tokens,
        actions=tuple(state.conduct.actions),
        moves=tuple(state.conduct.moves.distinct),
        strategy=state.strategy,
        asker=state.asker,
        partition=state.partition,
        first_offset=state.first_offset,
        offset=state.last_offset,
    )
