"""The blocks of docs/integrations.md run as they stand, with models of the tests' own."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from agents import Runner, set_trace_processors
from integrations.attempts import Recorded
from integrations.openai_provider import Provider
from langchain_core.language_models import FakeListChatModel
from langchain_core.messages import BaseMessage
from pydantic_ai import Agent
from pydantic_ai.models.test import TestModel

import pilotfish
from pilotfish.integrations.openai_agents import processor as openai_agents
from pilotfish.schemas.events import AttemptEnded, AttemptStarted, FeedbackGiven
from pilotfish.testing import MemoryClient

PAGE = (Path(__file__).parents[2] / "docs/integrations.md").read_text()
SECTION = PAGE.split("\n## Advice goes in\n")[1].split("\n## ")[0]
START, *BLOCKS = re.findall(r"^```python\n(.*?)^```", SECTION, re.DOTALL | re.MULTILINE)


class Four(FakeListChatModel):
    """Says four to whatever it is asked."""

    def bind_tools(self, *_: Any, **__: Any) -> Any:
        return self

    def _call(self, messages: list[BaseMessage], *_: Any, **__: Any) -> str:
        assert "plan the sum first" in messages[0].text
        return "It is 4."


def run_sync(agent: Any, prompt: str) -> Any:
    """As PydanticAI's, which leaves its event loop open."""
    return asyncio.run(agent.run(prompt))


def runner_run_sync(agent: Any, prompt: str, hooks: Any) -> Any:
    """As OpenAI's, which leaves its event loop open."""
    return asyncio.run(Runner.run(agent, prompt, hooks=hooks))


@pytest.fixture
def names(pilot: MemoryClient, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What a block goes on from: the page's first lines, and models."""
    monkeypatch.setattr(pilotfish, "connect", lambda **_: pilot)
    monkeypatch.setattr(Agent, "run_sync", run_sync)
    monkeypatch.setattr(Runner, "run_sync", runner_run_sync)
    openai_agents.attach()
    set_trace_processors([openai_agents.EVERYWHERE])  # and not the one to OpenAI
    found: dict[str, Any] = {
        "model": Four(responses=["It is 4."]),
        "pydantic_model": TestModel(custom_output_text="It is 4."),
        "openai_model": Provider().chats,
    }
    exec(START, found)
    return found


@pytest.mark.parametrize("block", BLOCKS, ids=lambda b: b.split()[1])
def test_the_block_runs(block: str, pilot: MemoryClient, names: dict[str, Any]) -> None:
    exec(block, names)
    set_trace_processors([])
    events = pilot.events
    ends = [event for event in events if isinstance(event, AttemptEnded)]
    starts = [event for event in events if isinstance(event, AttemptStarted)]
    assert len(starts) == len(ends)
    if "APPROACHES" in block:
        assert [(end.status, end.approach) for end in ends] == [("succeeded", "plan")]
        assert starts[0].problem == "How much is 2 and 2?"
        steps = Recorded([e for e in events if not isinstance(e, FeedbackGiven)]).steps
        assert (steps[-1].kind, steps[-1].content) == ("answer", "It is 4.")
