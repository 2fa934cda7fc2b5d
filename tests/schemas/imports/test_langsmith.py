import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from support.exports import DATA, Read, lines, read, written

from pilotfish.schemas.imports.langsmith import FORMAT
from pilotfish.schemas.prices import Tokens, cost


@pytest.fixture(scope="module")
def attempts() -> list[Read]:
    return read(FORMAT, DATA / "langsmith.jsonl")[0]


def test_a_trace_is_an_attempt_whatever_the_order_of_its_runs(
    attempts: list[Read], tmp_path: Path
) -> None:
    backwards = written(tmp_path / "b.jsonl", reversed(lines("langsmith.jsonl")))
    found, _ = read(FORMAT, backwards)
    assert sorted(map(str, (a.events for a in found))) == sorted(
        str(a.events) for a in attempts
    )


def test_models_tools_and_the_answer_are_steps(attempts: list[Read]) -> None:
    attempt = attempts[0]
    assert attempt.start.problem == "What is the capital of France?"
    assert [(kind, name) for kind, name, _ in attempt.story()] == [
        ("thought", "ChatOpenAI"),
        ("action", "search"),
        ("observation", "search"),
        ("thought", "ChatOpenAI"),
        ("answer", "answer"),
    ]
    assert [s.content for s in attempt.steps[1:]] == [
        "{'q': 'capital of France'}",
        *("Paris", "Paris.", "Paris."),
    ]
    assert attempt.steps[0].duration_s == 1.5
    assert (attempt.tokens, round(attempt.cost, 6)) == (270, 0.0027)


def test_who_worked_how_and_for_whom_is_told(attempts: list[Read]) -> None:
    start = attempts[0].start
    assert (start.agent.name, start.agent.model, start.approach) == (
        *("LangGraph", "gpt-5.5"),
        "react",
    )
    wanted = {"session.id": "th-1", "user.id": "ada", "project": "prod"}
    assert wanted.items() <= start.attributes.items()


def test_sums_over_models_do_not_count_again(tmp_path: Path) -> None:
    tool, model, root, _, _ = lines("langsmith.jsonl")
    model["parent_run_id"] = tool["id"]
    tool["total_tokens"] = model["total_tokens"]
    path = written(tmp_path / "r.jsonl", [tool, model, root])
    [attempt], _ = read(FORMAT, path)
    assert attempt.tokens == 120


def test_feedback_is_a_judges_and_what_is_no_score_is_left_out(
    attempts: list[Read],
) -> None:
    assert attempts[0].verdicts() == [("judge", 1.0)]
    _, told = read(FORMAT, DATA / "langsmith.jsonl")
    assert told == [
        "1 value left out or mended: signals: Value error, judge: give a value "
        "from 0 to 1, or its scale (1, the first is line 1)",
        "not read: field app_path (1, the first is line 3)",
    ]


def test_a_rate_limit_is_infrastructures_failure(attempts: list[Read]) -> None:
    attempt = attempts[1]
    assert attempt.end
    assert attempt.end.status == "infrastructure"
    assert attempt.verdicts() == [("infrastructure", None)]
    assert attempt.story() == [
        ("action", "lookup", "why"),
        ("observation", "lookup", "KeyError('why')"),
    ]


def test_an_exception_is_a_failure(tmp_path: Path) -> None:
    run = lines("langsmith.jsonl")[-1] | {"error": "ValueError('no rows')"}
    [attempt], _ = read(FORMAT, written(tmp_path / "e.jsonl", [run]))
    assert attempt.end
    assert (attempt.end.status, attempt.verdicts()) == ("failed", [("exception", None)])


def test_an_error_is_without_its_stack_trace_and_leaves_no_answer(
    tmp_path: Path,
) -> None:
    trace = 'Traceback (most recent call last):\n\n\n  File "main.py", line 3084'
    failed = {"error": f"ValueError('no rows'){trace}", "outputs": {}}
    tool, _, root, *_ = lines("langsmith.jsonl")
    path = written(tmp_path / "e.jsonl", [tool | failed, root | failed])
    [attempt], _ = read(FORMAT, path)
    assert attempt.end and attempt.end.reason == "ValueError('no rows')"
    assert attempt.story()[-1] == ("observation", "search", "ValueError('no rows')")


@pytest.mark.parametrize(
    "message",
    [
        {"type": "tool", "content": "Paris", "tool_call_id": "c1", "status": "success"},
        {
            "lc": 1,
            "type": "constructor",
            "kwargs": {"type": "tool", "content": "Paris"},
        },
    ],
    ids=["as a dictionary", "as LangChain's JSON"],
)
def test_the_message_of_a_tool_is_its_content(tmp_path: Path, message: Any) -> None:
    tool, _, root, *_ = lines("langsmith.jsonl")
    runs = [tool | {"outputs": {"output": message}}, root]
    [attempt], _ = read(FORMAT, written(tmp_path / "m.jsonl", runs))
    assert ("observation", "search", "Paris") in attempt.story()


def test_a_run_that_goes_on_has_no_end(tmp_path: Path) -> None:
    run = lines("langsmith.jsonl")[2] | {"end_time": None, "outputs": None}
    [attempt], _ = read(FORMAT, written(tmp_path / "e.jsonl", [run]))
    assert attempt.end is None


def test_feedback_that_comes_with_the_run_says_who_gave_it(tmp_path: Path) -> None:
    feedback: list[dict[str, Any]] = [
        {"id": "f1", "key": "ok", "score": 1, "feedback_source": {"type": "app"}},
        {"id": "f2", "key": "ok", "score": 0.5, "feedback_source": {"type": "model"}},
    ]
    run = lines("langsmith.jsonl")[2] | {"feedback": feedback, "feedback_stats": None}
    [attempt], _ = read(FORMAT, written(tmp_path / "e.jsonl", [run]))
    assert attempt.verdicts() == [("explicit", 1.0), ("judge", 0.5)]


def test_parquet_has_the_same_runs(attempts: list[Read], tmp_path: Path) -> None:
    """A bulk export has objects as JSON in columns of text."""
    columns = sorted({name for run in lines("langsmith.jsonl")[:4] for name in run})
    rows = [
        {
            name: json.dumps(value) if isinstance(value, dict | list) else value
            for name in columns
            for value in [run.get(name)]
        }
        | {"total_cost": float(run.get("total_cost") or 0)}
        for run in lines("langsmith.jsonl")[:4]
    ]
    path = tmp_path / "runs.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    [attempt], _ = read(FORMAT, path)
    assert attempt.events == attempts[0].events


def test_tokens_that_only_the_model_s_message_tells_count(tmp_path: Path) -> None:
    """What a tracer of one's own writes down has no sums of LangSmith's."""
    runs = lines("langsmith.jsonl")
    model = runs[1]
    for sum_ in ("total_tokens", "prompt_tokens", "completion_tokens", "total_cost"):
        model.pop(sum_, None)
    [[generation]] = model["outputs"]["generations"]
    told = {"input_tokens": 100, "output_tokens": 20, "total_tokens": 120}
    details = {"input_token_details": {"cache_read": 60}}
    generation["message"]["kwargs"]["usage_metadata"] = told | details
    found, _ = read(FORMAT, written(tmp_path / "u.jsonl", runs))
    price = cost("gpt-5.5", Tokens(100, 20, 60))
    [step] = [s for s in found[0].steps if s.tokens == 120]
    assert step.cost == pytest.approx(price) and price > 0


def test_a_model_call_without_a_cost_has_the_list_price(tmp_path: Path) -> None:
    runs = lines("langsmith.jsonl")
    del runs[1]["total_cost"]
    runs[1]["prompt_token_details"] = {"cache_read": 60}
    found, _ = read(FORMAT, written(tmp_path / "u.jsonl", runs))
    price = cost("gpt-5.5", Tokens(100, 20, 60))
    assert price > 0 and found[0].cost == pytest.approx(price + 0.0015)
