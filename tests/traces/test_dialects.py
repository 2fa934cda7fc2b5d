"""One run, told in every dialect: the attempt is the same."""

import json
from dataclasses import replace
from typing import Any

import pytest
from support.traced.spans import span

from pilotfish.schemas.events import AttemptStarted, StepRecorded
from pilotfish.traces.mapping import events_of
from pilotfish.traces.span import Span, SpanEvent

QUESTION, ARGUMENTS = "How many heads?", '{"query": "SELECT 1"}'
ASKED = [{"role": "user", "parts": [{"type": "text", "content": QUESTION}]}]
SAID = [{"role": "assistant", "parts": [{"type": "text", "content": "Five."}]}]


def told(number: int, parent: int, attributes: dict[str, Any]) -> Span:
    return replace(span(number, parent), attributes=attributes)


def genai() -> list[Span]:
    agent = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.name": "solver",
        "gen_ai.conversation.id": "s1",
        "user.id": "u1",
    }
    tool = {
        "gen_ai.operation.name": "execute_tool",
        "gen_ai.tool.name": "sql",
        "gen_ai.tool.call.arguments": json.loads(ARGUMENTS),
        "gen_ai.tool.call.result": "5",
    }
    model = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.input.messages": json.dumps(ASKED),
        "gen_ai.output.messages": json.dumps(SAID),
        "gen_ai.usage.input_tokens": 1000,
        "gen_ai.usage.output_tokens": 10,
        "gen_ai.usage.cache_write.input_tokens": 0,
    }
    return [told(1, 0, agent), told(2, 1, tool), told(3, 1, model)]


def workflow() -> list[Span]:
    """`invoke_workflow` is an agent's operation since v0.1.0."""
    agent, *rest = genai()
    renamed = {**agent.attributes, "gen_ai.operation.name": "invoke_workflow"}
    return [replace(agent, attributes=renamed), *rest]


def genai_1_28() -> list[Span]:
    """Messages are events, and the provider a system."""
    agent, tool, model = genai()
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.system": "openai",
        "gen_ai.response.model": "gpt-4o-mini",
        "gen_ai.usage.prompt_tokens": 1000,
        "gen_ai.usage.completion_tokens": 10,
    }
    choice = {"index": 0, "message": '{"role": "assistant", "content": "Five."}'}
    events = (
        SpanEvent("gen_ai.user.message", model.start_us, {"content": QUESTION}),
        SpanEvent("gen_ai.choice", model.end_us, {**choice}),
    )
    return [agent, tool, replace(model, attributes=attributes, events=events)]


def openllmetry() -> list[Span]:
    agent = {
        "traceloop.span.kind": "workflow",
        "traceloop.workflow.name": "solver",
        "traceloop.entity.name": "solver",
        "traceloop.entity.input": json.dumps(
            {"args": [], "kwargs": {"question": QUESTION}}
        ),
        "traceloop.association.properties.session_id": "s1",
        "traceloop.association.properties.user_id": "u1",
    }
    tool = {
        "traceloop.span.kind": "tool",
        "traceloop.entity.name": "sql",
        "traceloop.entity.input": ARGUMENTS,
        "traceloop.entity.output": "5",
    }
    model = {
        "llm.request.type": "chat",
        "gen_ai.system": "OpenAI",
        "gen_ai.response.model": "gpt-4o-mini",
        "gen_ai.prompt.0.role": "user",
        "gen_ai.prompt.0.content": QUESTION,
        "gen_ai.completion.0.role": "assistant",
        "gen_ai.completion.0.content": "Five.",
        "gen_ai.usage.prompt_tokens": 1000,
        "gen_ai.usage.completion_tokens": 10,
        "llm.usage.total_tokens": 1010,
    }
    return [told(1, 0, agent), told(2, 1, tool), told(3, 1, model)]


def openinference() -> list[Span]:
    agent = {
        "openinference.span.kind": "AGENT",
        "agent.name": "solver",
        "input.value": json.dumps(
            {"messages": [{"role": "user", "content": QUESTION}]}
        ),
        "session.id": "s1",
        "user.id": "u1",
    }
    tool = {
        "openinference.span.kind": "TOOL",
        "tool.name": "sql",
        "input.value": ARGUMENTS,
        "output.value": "5",
    }
    model = {
        "openinference.span.kind": "LLM",
        "llm.provider": "openai",
        "llm.model_name": "gpt-4o-mini",
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": QUESTION,
        "llm.output_messages.0.message.role": "assistant",
        "llm.output_messages.0.message.content": "Five.",
        "llm.token_count.prompt": 1000,
        "llm.token_count.completion": 10,
        "llm.token_count.total": 1010,
    }
    return [told(1, 0, agent), told(2, 1, tool), told(3, 1, model)]


def both() -> list[Span]:
    """OpenInference that emits GenAI attributes, too."""
    pairs = zip(openinference(), genai(), strict=True)
    return [replace(a, attributes=a.attributes | b.attributes) for a, b in pairs]


DIALECTS = [genai, workflow, genai_1_28, openllmetry, openinference, both]


@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_run_is_the_same_attempt_in_every_dialect(dialect: Any) -> None:
    spans = dialect()
    start, *steps = events_of(spans, "t")
    assert isinstance(start, AttemptStarted)
    assert start.problem == QUESTION
    assert (start.agent.name, start.agent.model) == ("solver", "gpt-4o-mini")
    assert start.attributes["user.id"] == "u1"
    assert start.attributes["session.id"] == "s1"
    seen = [(s.kind, s.name, s.content) for s in steps if isinstance(s, StepRecorded)]
    assert seen == [
        ("action", "sql", ARGUMENTS),
        ("observation", "sql", "5"),
        ("answer", "gpt-4o-mini", "Five."),
    ]
    answer = [s for s in steps if isinstance(s, StepRecorded)][-1]
    assert answer.tokens == 1010
    assert answer.cost == pytest.approx(1000 * 0.15e-6 + 10 * 0.6e-6)
    assert answer.duration_s == 0.5


def test_a_cost_that_is_given_counts() -> None:
    agent, tool, model = openinference()
    priced = replace(model, attributes={**model.attributes, "llm.cost.total": 0.5})
    steps = [
        e for e in events_of([agent, tool, priced], "t") if isinstance(e, StepRecorded)
    ]
    assert steps[-1].cost == 0.5


def test_the_node_of_a_graph_is_no_agent() -> None:
    """OpenInference calls every span an agent that has the word in its name."""

    def chain(number: int, parent: int, name: str, kind: str, **metadata: str) -> Span:
        attributes = {
            "openinference.span.kind": kind,
            "metadata": json.dumps({"ls_integration": "langgraph", **metadata}),
        }
        return replace(told(number, parent, attributes), name=name)

    root = chain(1, 0, "LangGraph", "CHAIN")
    nodes = [chain(n, 1, "agent", "AGENT", langgraph_node="agent") for n in (2, 3)]
    assert [type(e) for e in events_of([root, *nodes], "t")][1:-1] == []
