"""What openllmetry writes around inputs and outputs of LangChain's runs is off."""

import json
from dataclasses import replace
from typing import Any

import pytest
from support.traced.spans import span

from pilotfish.schemas.events import AttemptStarted, StepRecorded
from pilotfish.traces.mapping import events_of
from pilotfish.traces.span import Span

AROUND = {"tags": ["seq:step:1"], "metadata": {"langgraph_step": 2}, "kwargs": {}}
DOCUMENTS = [{"page_content": "1 and 2 are 3", "metadata": {"page": 7}}]
MESSAGE = {"lc": 1, "kwargs": {"type": "tool", "content": "3", "tool_call_id": "c1"}}
Step = tuple[str, str]


def told(number: int, operation: str, kind: str, given: Any, returned: Any) -> Span:
    attributes: dict[str, Any] = {
        "gen_ai.operation.name": operation,
        "traceloop.span.kind": kind,
        "traceloop.entity.name": "it",
        "traceloop.entity.input": json.dumps({**AROUND, **given}),
        "traceloop.entity.output": json.dumps(returned),
    }
    return replace(span(number, number - 1), attributes=attributes)


def run(operation: str, kind: str, given: Any, returned: Any) -> list[Step]:
    """Return the problem and the steps of an agent that does one thing."""
    asked = {"inputs": {"messages": [{"role": "user", "content": "How much?"}]}}
    agent = told(1, "invoke_agent", "workflow", asked, {"outputs": {}, "kwargs": {}})
    start, *rest = events_of([agent, told(2, operation, kind, given, returned)], "t")
    assert isinstance(start, AttemptStarted) and start.problem == "How much?"
    steps = [e for e in rest if isinstance(e, StepRecorded) and e.kind != "answer"]
    return [(step.kind, step.content) for step in steps]


@pytest.mark.parametrize(
    ("given", "returned", "arguments", "result"),
    [
        (
            {"input_str": "{'a': 1}", "inputs": {"a": 1}},
            {"output": MESSAGE, "kwargs": {"name": "add"}},
            '{"a": 1}',
            "3",
        ),
        ({"input_str": "one"}, {"output": 3, "kwargs": {}}, "one", "3"),
        ({"inputs": {}}, {"output": 3}, None, '{"output": 3}'),
    ],
    ids=["objects", "a text", "of another shape"],
)
def test_a_tool(given: Any, returned: Any, arguments: str | None, result: str) -> None:
    (_, asked), (_, found) = run("execute_tool", "tool", given, returned)
    assert asked == (arguments or json.dumps({**AROUND, **given}))
    assert found == result


def test_a_retriever_is_a_search() -> None:
    steps = run(
        "vector_db_retrieve",
        "task",
        {"query": "1 and 2"},
        {"documents": DOCUMENTS, "count": 1},
    )
    assert steps == [("action", "1 and 2"), ("observation", json.dumps(DOCUMENTS))]


def test_a_node_of_a_graph_is_no_step() -> None:
    assert run("execute_task", "task", {"inputs": {}}, {"outputs": {}}) == []


def test_a_model_that_cannot_be_seen_is_the_one_that_was_asked_for() -> None:
    models: dict[str, Any] = {
        "gen_ai__request__model": "gpt-4o-mini",
        "gen_ai__response__model": "unknown",
    }
    start = events_of([span(1, gen_ai__operation__name="chat", **models)], "t")[0]
    assert isinstance(start, AttemptStarted)
    assert start.agent.model == "gpt-4o-mini"
