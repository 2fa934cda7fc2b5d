"""Skills and sub-agents in the arguments of tools."""

import pytest

from pilotfish.schemas.delegation import skill_of, sub_agent_of


@pytest.mark.parametrize(
    ("tool", "arguments", "skill"),
    [
        ("Skill", '{"command": "pdf"}', "pdf"),
        ("load_skill", "{'skill_name': ' pdf '}", "pdf"),
        ("load skill", '{"name": "other", "skill": "pdf"}', "pdf"),
        ("read_file", '{"path": "/skills/charts/SKILL.md"}', "charts"),
        ("read_file", '{"path": "SKILL.md"}', ""),
        ("bash", '{"skill": "pdf"}', ""),
        ("load_skill", "no json", ""),
        ("load_skill", '{"skill": 7}', ""),
        ("load_skill", '{"skill": "' + "x" * 300 + '"}', ""),
        ("read_file", "a-" * 100_000 + "SKILL.md", ""),
    ],
)
def test_skills(tool: str, arguments: str, skill: str) -> None:
    assert skill_of(tool, arguments) == skill


@pytest.mark.parametrize(
    ("arguments", "agent"),
    [
        ('{"prompt": "look", "subagent_type": "explore"}', "explore"),
        ('{"prompt": "say \\"agent\\": \\"x\\"", "agent_name": "y"}', "y"),
        ("{'agent': 'explore'}", "explore"),
        ('{"agents": "explore"}', ""),
        ("", ""),
    ],
)
def test_sub_agents(arguments: str, agent: str) -> None:
    assert sub_agent_of(arguments) == agent
