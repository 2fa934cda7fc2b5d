"""The blocks of docs/integrations.md, and agents that know nothing of them."""

import re
from pathlib import Path
from textwrap import dedent

TESTS = Path(__file__).parents[2]
PAGE = (TESTS.parent / "docs/integrations.md").read_text()
AGENTS = {
    "DSPy": ("DSPy", "dspy_agent import ask"),
    "LangChain": (
        "LangChain and LangGraph",
        "langchain_agents import ask_agent as ask",
    ),
    "LangGraph": ("LangChain and LangGraph", "langgraph_agent import ask"),
    "OpenAI Agents": ("OpenAI Agents SDK", "openai_agents_agent import ask"),
    "PydanticAI": ("PydanticAI", "pydantic_ai_agent import ask"),
}
"""Of each framework, its section of the page and where its agent is."""
RECORDED = {"CrewAI": ("CrewAI", "crewai_agent import ask")}
"""Those that cannot run in the tests' own environment."""


def block(section: str) -> str:
    """Return the first block of Python under a heading; one that no test runs is indented."""
    text = PAGE.split(f"# {section}\n", 1)[1]
    found = re.search(r"```python\n(.*?)```|\n\n(    from .*?)\n\n\w", text, re.DOTALL)
    assert found
    return found[1] or dedent(found[2])


def program(framework: str, rest: str) -> str:
    """Return the page's lines for a framework, its agent's import, and then the rest."""
    section, agent = {**AGENTS, **RECORDED}[framework]
    lines = block("Traces come in"), block(section)
    return "\n".join([*lines, f"from support.traced.{agent}", rest])
