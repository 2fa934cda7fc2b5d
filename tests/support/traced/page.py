"""The blocks of docs/integrations.md, and agents that know nothing of them."""

import re
from pathlib import Path

TESTS = Path(__file__).parents[2]
PAGE = (TESTS.parent / "docs/integrations.md").read_text()
SECTIONS = {
    "DSPy": "dspy_agent import ask",
    "LangChain and LangGraph": "langchain_agents import ask_agent as ask",
    "OpenAI Agents SDK": "openai_agents_agent import ask",
    "PydanticAI": "pydantic_ai_agent import ask",
}


def block(section: str) -> str:
    """Return the first block of Python under a heading."""
    text = PAGE.split(f"# {section}\n", 1)[1]
    found = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert found
    return found[1]
