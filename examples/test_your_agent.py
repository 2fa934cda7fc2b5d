"""How to test an agent that uses pilotfish, without Kafka: pytest examples."""

import pilotfish
from pilotfish.schemas.events import AttemptEnded, StepRecorded
from pilotfish.testing import MemoryClient


def agent(pilot: pilotfish.Client, problem: str) -> str:
    """Stands for the agent under test."""
    with pilot.attempt(problem) as attempt:
        hint = attempt.advice({"plan": "plan first", "react": "act, then look"})
        attempt.thought("guidance", hint.text)
        attempt.succeed()
        return hint.approach or "unguided"


def test_the_agent_follows_the_hint() -> None:
    pilot = MemoryClient()
    pilot.will_advise("plan")
    assert agent(pilot, "How many?") == "plan"
    _, thought, end = pilot.events
    assert isinstance(thought, StepRecorded)
    assert "plan first" in thought.content
    assert isinstance(end, AttemptEnded)
    assert end.status == "succeeded"


def test_the_agent_goes_on_without_a_hint() -> None:
    pilot = MemoryClient()
    pilot.will_advise(None)
    assert agent(pilot, "How many?") == "unguided"


def test_addresses_are_redacted() -> None:
    pilot = MemoryClient(redact=lambda text: text.replace("ann@example.org", "[who]"))
    agent(pilot, "Who is ann@example.org?")
    assert all("ann@" not in event.model_dump_json() for event in pilot.events)
