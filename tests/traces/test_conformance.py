"""The cases of the GenAI conventions' own repository, one by one, in our words.

The names are those of its files in docs/gen-ai/non-normative/tests/cases (v0.1.0). It checks
there what a schema accepts; here, what becomes of it, and what is refused costs only itself.
"""

import json
from dataclasses import replace
from typing import Any, NamedTuple

import pytest
from support.traced.spans import span

from pilotfish.schemas.events import AttemptStarted, StepRecorded
from pilotfish.traces.mapping import events_of
from pilotfish.traces.span import Span

PROBLEM, ANSWER = "Is it warm in Lima?", "It is, 24 degrees."
TEXT = {"type": "text", "content": PROBLEM}
TOOL_CALL = {
    "type": "tool_call",
    "id": "c1",
    "name": "weather",
    "arguments": {"city": "Lima"},
}
BLOCK = {
    "type": "generic",
    "generic_type": "search_result",
    "title": "a page",
    "content": [{"type": "text", "text": "not asked"}],
}


class Case(NamedTuple):
    """An attribute, and what the attempt then says: its problem, or steps."""

    attribute: str
    document: Any
    problem: str = ""
    steps: tuple[tuple[str, str, str], ...] = ()


def asked(document: Any, problem: str) -> Case:
    return Case("gen_ai.input.messages", document, problem)


def said(document: Any, answer: str) -> Case:
    return Case("gen_ai.output.messages", document, steps=(("answer", "m", answer),))


def called(document: Any, arguments: str) -> Case:
    steps = (("action", "weather", arguments), ("observation", "weather", ""))
    return Case("gen_ai.tool.call.arguments", document, steps=steps)


def returned(document: Any, result: str) -> Case:
    steps = (("action", "weather", ""), ("observation", "weather", result))
    return Case("gen_ai.tool.call.result", document, steps=steps)


def found(attribute: str, document: Any) -> Case:
    steps = (
        ("action", "span 3", ""),
        ("observation", "span 3", json.dumps(document)),
    )
    return Case(attribute, document, steps=steps)


def aside(attribute: str, document: Any) -> Case:
    """What the model was told besides: it is no step."""
    return Case(attribute, document, steps=(("thought", "m", ""),))


DOCUMENTS, RECORDS = "gen_ai.retrieval.documents", "gen_ai.memory.records"
DEFINITIONS, INSTRUCTIONS = "gen_ai.tool.definitions", "gen_ai.system_instructions"
CASES = {
    "input-messages-generic-part": asked(
        [{"role": "user", "parts": [TEXT, BLOCK]}], PROBLEM
    ),
    "input-messages-message-missing-required": asked(
        [{"role": "user"}, {"parts": [TEXT]}], PROBLEM
    ),
    "input-messages-parts-missing-required": asked(
        [{"role": "user", "parts": [{"type": "text"}, {"type": "blob"}, TEXT]}], PROBLEM
    ),
    "input-messages-text-messages": asked(
        [
            {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
            {"role": "user", "parts": [TEXT]},
        ],
        PROBLEM,
    ),
    "input-messages-tool-call-round-trip": Case(
        "gen_ai.input.messages",
        [
            {"role": "user", "parts": [TEXT]},
            {"role": "assistant", "parts": [TOOL_CALL]},
            {
                "role": "tool",
                "parts": [
                    {"type": "tool_call_response", "id": "c1", "response": "24 °C"}
                ],
            },
        ],
        PROBLEM,
    ),
    "input-messages-unknown-part-type": asked(
        [{"role": "user", "parts": [{"type": "search_result", "source": "x"}, TEXT]}],
        PROBLEM,
    ),
    "memory-records-missing-content": found(
        RECORDS, [{"id": "r1"}, {"content": "x", "metadata": "odd"}]
    ),
    "memory-records-records": found(
        RECORDS, [{"id": "r1", "content": "likes Celsius"}, {"content": {"a": 0.9}}]
    ),
    "output-messages-assistant-text": said(
        [
            {
                "role": "assistant",
                "parts": [{"type": "text", "content": ANSWER}],
                "finish_reason": "stop",
            }
        ],
        ANSWER,
    ),
    "output-messages-reasoning-and-generic-parts": said(
        [
            {
                "role": "assistant",
                "parts": [
                    {"type": "reasoning", "content": "not said"},
                    {"type": "redacted_thinking", "data": "b64"},
                    {"type": "text", "content": ANSWER},
                ],
            }
        ],
        ANSWER,
    ),
    "output-messages-wrong-field-types": said(
        [
            {"role": "assistant", "parts": [{**BLOCK, "generic_type": 1}]},
            {"role": "assistant", "parts": {"type": "text", "content": ANSWER}},
        ],
        ANSWER,
    ),
    "retrieval-documents-documents": found(
        DOCUMENTS, [{"id": "d1", "score": 0.9, "title": "Lima"}, {}]
    ),
    "retrieval-documents-wrong-field-types": found(
        DOCUMENTS, [{"id": 42, "score": "0.9"}]
    ),
    "system-instructions-text-and-generic-parts": aside(
        INSTRUCTIONS, [{"type": "text", "content": "Be brief."}, BLOCK]
    ),
    "system-instructions-unsupported-parts": aside(INSTRUCTIONS, [TOOL_CALL, 7, None]),
    "tool-call-arguments-not-an-object": called('{"city": "Lima"}', '{"city": "Lima"}'),
    "tool-call-arguments-object": called(
        {"city": "Lima", "days": 3}, '{"city": "Lima", "days": 3}'
    ),
    "tool-call-result-not-an-object": returned([{"degrees": 24}], '[{"degrees": 24}]'),
    "tool-call-result-object": returned({"degrees": 24}, '{"degrees": 24}'),
    "tool-definitions-function-and-builtin-tools": aside(
        DEFINITIONS, [{"type": "function", "name": "weather"}, {"type": "web_search"}]
    ),
    "tool-definitions-missing-required": aside(DEFINITIONS, [{"type": "function"}, {}]),
}
OPERATIONS = {
    DOCUMENTS: "retrieval",
    RECORDS: "search_memory",
    "gen_ai.tool.call.arguments": "execute_tool",
    "gen_ai.tool.call.result": "execute_tool",
}


def run(case: Case, value: Any) -> list[Span]:
    """Return a run whose one operation has the case's attribute."""
    told = {"gen_ai.operation.name": OPERATIONS.get(case.attribute, "chat")}
    if told["gen_ai.operation.name"] == "execute_tool":
        told["gen_ai.tool.name"] = "weather"
    elif told["gen_ai.operation.name"] == "chat":
        told["gen_ai.request.model"] = "m"
    root = span(1, gen_ai__operation__name="invoke_agent")
    return [root, replace(span(3, 1), attributes={**told, case.attribute: value})]


@pytest.mark.parametrize("encoded", [False, True], ids=["as values", "as JSON"])
@pytest.mark.parametrize("name", CASES)
def test_a_case_of_the_conventions(name: str, encoded: bool) -> None:
    """On spans such values are JSON in a text where an exporter has no nested values."""
    case = CASES[name]
    given = case.document
    if encoded and not isinstance(given, str):
        given = json.dumps(given, ensure_ascii=False)
    start, *events = events_of(run(case, given), "t")
    assert isinstance(start, AttemptStarted) and start.problem == case.problem
    steps = [(e.kind, e.name, e.content) for e in events if isinstance(e, StepRecorded)]
    if case.steps:
        assert tuple(steps) == case.steps
