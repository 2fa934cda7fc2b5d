import pytest

import pilotfish
from pilotfish.demo.main import Plan, _solver


def plan(agent: str, *, unnamed: bool) -> Plan:
    return Plan(60, 1, agent, json_file=None, keep=False, unnamed=unnamed)


@pytest.mark.parametrize(
    ("agent", "unnamed", "reason"),
    [("openai:m", True, "--unnamed needs"), ("oracle", False, "no agent 'oracle'")],
)
def test_an_agent_that_cannot_be_is_refused_with_a_reason(
    agent: str, unnamed: bool, reason: str
) -> None:
    with (
        pytest.raises(pilotfish.ConfigurationError, match=reason),
        _solver(plan(agent, unnamed=unnamed)),
    ):
        pass
