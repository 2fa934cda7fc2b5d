"""What LangGraph's metadata tells of spans that OpenInference calls chains and agents.

OpenInference calls a span an agent if its name contains the word: so a graph that is an
agent is a chain, and its node `agent`, which is passed again and again, an agent.
"""

from collections.abc import Mapping
from typing import Final

from pydantic import JsonValue

from pilotfish.traces.dialects.dialect import Kind

AGENT_NAME: Final = "lc_agent_name"
"""Where LangChain keeps the name of an agent."""
_GRAPHS: Final = ("langgraph", "langchain_create_agent")


def graph_kind(name: str, metadata: Mapping[str, JsonValue]) -> Kind | None:
    """Return whether a span is an agent's graph or a node of one; None if neither."""
    node = metadata.get("langgraph_node")
    if node is not None and node == name:
        return "other"
    if metadata.get("ls_integration") not in _GRAPHS:
        return None
    return "agent" if node is None or metadata.get(AGENT_NAME) == name else None
