"""Labels of attempts as streams publishes them, for who remembers them."""

from datetime import timedelta
from typing import Any

from confluent_kafka import Producer

from pilotfish.runtime.kafka import producer, publish
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.events import Agent
from pilotfish.schemas.ids import new_id
from pilotfish.schemas.labels import AttemptLabelled
from pilotfish.schemas.topics import LABELS

NOW = utc_now()


def label(tenant: str, problem: str, **changes: Any) -> AttemptLabelled:
    """A success of the approach `plan`, begun a minute ago and just ended."""
    fields = {
        "tenant": tenant,
        "attempt_id": new_id(),
        "version": 1,
        "labeller": "test",
        "p_success": 1.0,
        "problem": problem,
        "problem_type": "sql",
        "approach": "plan",
        "agent": Agent(name="ann"),
        "started_at": NOW - timedelta(minutes=1),
        "ended_at": NOW,
        "steps": 3,
        "cost": 0.5,
        "actions": ("sql", "submit"),
        "partition": 0,
        "first_offset": 1,
        "offset": 1,
    }
    return AttemptLabelled(**(fields | changes))


def send(settings: Settings, *labels: AttemptLabelled) -> None:
    """Publish labels, each in the partition that it says."""
    to: Producer = producer(settings)
    for each in labels:
        publish(to, LABELS, each.attempt_id, each, partition=each.partition)
    assert to.flush(60) == 0
