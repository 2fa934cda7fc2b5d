"""What frameworks put around arguments, results and inputs is off; what is theirs stays."""

import json
from dataclasses import replace
from typing import Any

import pytest
from support.traced.spans import span

from pilotfish.traces.contents import arguments_text, problem_of, result_text
from pilotfish.traces.operation import Operation


def tool(given: Any = None, returned: Any = None) -> Operation:
    told = {
        "openinference.span.kind": "TOOL",
        "input.value": json.dumps(given),
        "output.value": json.dumps(returned),
    }
    return Operation(replace(span(1), attributes={**told}))


@pytest.mark.parametrize(
    ("given", "arguments"),
    [
        ({"kwargs": {"a": 1}}, {"a": 1}),
        ({"input_args": {"kwargs": {"a": 1}}}, {"a": 1}),
        ({"args": [], "sanitize_inputs_outputs": True, "kwargs": {"a": 1}}, {"a": 1}),
        ({"args": [7], "kwargs": {"a": 1}}, {"args": [7], "kwargs": {"a": 1}}),
        ({"args": ["ls"]}, {"args": ["ls"]}),
        ({"a": 1, "kwargs": {}}, {"a": 1, "kwargs": {}}),
    ],
    ids=repr,
)
def test_arguments(given: Any, arguments: Any) -> None:
    assert json.loads(arguments_text(tool(given))) == arguments


@pytest.mark.parametrize(
    ("returned", "result"),
    [
        ({"blocks": [{"text": "3"}], "raw_output": 3, "is_error": False}, "3"),
        ([{"type": "text", "text": "3"}, {"type": "text", "text": "4"}], "3\n4"),
        ([{"text": "3", "page": 1}], '[{"text": "3", "page": 1}]'),
        ({"text": "3"}, '{"text": "3"}'),
        ([], "[]"),
        ("3", "3"),
    ],
    ids=repr,
)
def test_results(returned: Any, result: str) -> None:
    assert result_text(tool(returned=returned)) == result


@pytest.mark.parametrize(
    "state", [{"ctx": "<Context>", "ev": "Start()"}, {"init_state": {}, "tags": {}}]
)
def test_the_state_of_a_framework_is_no_problem(state: Any) -> None:
    assert problem_of(json.dumps(state)) == ""
