"""A graph of LangGraph with a node for the model and one for tools, traced by OpenInference."""

from contextlib import AbstractContextManager
from typing import Any

from langgraph.graph import START, MessagesState, StateGraph
from langgraph.prebuilt import ToolNode, tools_condition
from support.traced.langchain_agents import add, lookup, model_of, traced
from support.traced.recording import Ask, Fault, Recording


def ask(question: str, fault: Fault) -> None:
    """Ask a graph; what its tool raises leaves it."""
    tools = [add, lookup]
    model = model_of(fault).bind_tools(tools)

    def agent(state: MessagesState) -> dict[str, Any]:
        return {"messages": [model.invoke(state["messages"])]}

    graph: Any = StateGraph(MessagesState)
    graph.add_node("agent", agent)
    graph.add_node("tools", ToolNode(tools))
    graph.add_edge(START, "agent")
    graph.add_conditional_edges("agent", tools_condition)
    graph.add_edge("tools", "agent")
    messages = {"messages": [{"role": "user", "content": question}]}
    graph.compile(name="adder").invoke(messages)


def langgraph_agent(recording: Recording) -> AbstractContextManager[Ask]:
    """Trace into the recording."""
    return traced(recording, ask)
