import json
from pathlib import Path
from typing import Any

import pytest
from support.exports import DATA, Read, read

from pilotfish.schemas.imports.formats import RECORDED, format_of
from pilotfish.schemas.imports.tau2_bench import FORMAT

RESULTS = (DATA / "tau2_bench.json").read_text()


def simulation(**changes: Any) -> dict[str, Any]:
    """Return the simulation of the example, in which the user has a tool as well."""
    return {**json.loads(RESULTS)["simulations"][0], **changes}


def results(*simulations: dict[str, Any]) -> dict[str, Any]:
    return {**json.loads(RESULTS), "simulations": simulations}


def attempts(path: Path, content: Any) -> list[Read]:
    path.write_text(json.dumps(content, indent=2))
    assert format_of(path, RECORDED) is FORMAT
    found, told = read(FORMAT, path)
    assert told == []
    return found


def test_a_simulation_is_an_attempt(tmp_path: Path) -> None:
    [attempt] = attempts(tmp_path / "r.json", results(simulation()))
    assert attempt.start.problem == "Where is my order 7?"
    assert attempt.story() == [
        ("thought", "thought", "Hi! How can I help you?"),
        ("action", "find_order", '{"order": 7}'),
        ("observation", "find_order", "in Rome"),
        ("answer", "answer", "It is in Rome."),
    ]
    assert (attempt.start.agent.name, attempt.start.agent.model) == (
        *("llm_agent", "gpt-5.5"),
    )
    assert attempt.verdicts() == [("verifier", 1.0)]
    assert (attempt.tokens, round(attempt.cost, 6)) == (930, 0.02)
    assert attempt.end and attempt.end.status == "unknown"


def test_a_file_may_hold_one_simulation(tmp_path: Path) -> None:
    [attempt] = attempts(tmp_path / "sim-1.json", simulation())
    assert attempt.start.problem == "Where is my order 7?"


@pytest.mark.parametrize("reward", [{"reward": 0.0}, None])
def test_infrastructure_says_nothing_of_the_agent(tmp_path: Path, reward: Any) -> None:
    ended = simulation(termination_reason="infrastructure_error", reward_info=reward)
    [attempt] = attempts(tmp_path / "r.json", results(ended))
    assert attempt.verdicts() == []
    assert attempt.end and attempt.end.status == "infrastructure"


def test_trials_are_attempts_apart(tmp_path: Path) -> None:
    whole = results(simulation(), simulation(id="sim-2", trial=1))
    first, second = attempts(tmp_path / "r.json", whole)
    assert first.start.attempt_id != second.start.attempt_id
