"""The examples run, and the README's ways of using the SDK are what is there."""

import asyncio
import importlib.util
import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

import pilotfish
from pilotfish.schemas.events import AttemptEnded, FeedbackGiven
from pilotfish.testing import AsyncMemoryClient, MemoryClient

ROOT = Path(__file__).parents[2]
MOST_LINES = 60


def load(name: str) -> ModuleType:
    path = ROOT / "examples" / f"{name}.py"
    assert len(path.read_text().splitlines()) < MOST_LINES
    spec = importlib.util.spec_from_file_location(f"examples_{name}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def statuses(client: MemoryClient | AsyncMemoryClient) -> list[str]:
    return [event.status for event in client.events if isinstance(event, AttemptEnded)]


def test_the_guided_agent_follows_the_hint(memory: MemoryClient) -> None:
    memory.will_advise("any_case")
    example = load("guided_agent")
    assert example.main(memory) == len(example.WORDS)
    assert statuses(memory) == ["succeeded"] * len(example.WORDS)
    assert len(memory.requests) == len(example.WORDS)


def test_the_watched_functions_end_as_they_did() -> None:
    async def main() -> AsyncMemoryClient:
        async with AsyncMemoryClient() as client:
            results = await load("watched_functions").main(client)
            assert results[0] == "2.0"
            return client

    client = asyncio.run(main())
    assert sorted(statuses(client)) == ["failed", "failed", "unknown"]
    assert sum(isinstance(event, FeedbackGiven) for event in client.events) == 1


def inner_tests() -> list[Callable[[], None]]:
    example = load("test_your_agent")
    return [test for name, test in vars(example).items() if name.startswith("test_")]


@pytest.mark.parametrize("test", inner_tests(), ids=lambda test: test.__name__)
def test_the_tests_of_the_example_pass(test: Callable[[], None]) -> None:
    test()


def test_the_first_code_of_the_readme_runs(
    memory: MemoryClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = re.findall(
        r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL
    )[0]
    monkeypatch.setattr(pilotfish, "connect", lambda: memory)
    memory.will_advise("plan")
    seen: list[str] = []

    class Answer:
        query, cost = "SELECT 1", 0.5

    def my_agent(_problem: str, guidance: str) -> Answer:
        seen.append(guidance)
        return Answer()

    exec(code, {"my_agent": my_agent, "check": lambda answer: answer.cost < 1})
    assert "plan the query first" in seen[0]
    assert statuses(memory) == ["succeeded"]
