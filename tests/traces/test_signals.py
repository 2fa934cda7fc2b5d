"""Evidence that traces hold."""

from dataclasses import replace
from typing import Any

import pytest
from support.traced.spans import span

from pilotfish.schemas.events import SignalRecorded
from pilotfish.traces.mapping import events_of
from pilotfish.traces.span import Span, SpanEvent

AGENT: dict[str, Any] = {"gen_ai__operation__name": "invoke_agent"}


def signals(*spans: Span) -> list[SignalRecorded]:
    root = span(1, **AGENT)
    events = events_of([root, *spans], "t")
    return [e for e in events if isinstance(e, SignalRecorded)]


REFUTED = ("judge", False)


def evaluated(at_us: int | None = None, **told: Any) -> Span:
    given = span(2, 1, **AGENT)
    at_us = given.end_us if at_us is None else at_us
    attributes = {
        f"gen_ai.evaluation.{k.replace('_', '.')}": v for k, v in told.items()
    }
    event = SpanEvent("gen_ai.evaluation.result", at_us, attributes)
    return replace(given, events=(event,))


@pytest.mark.parametrize(
    ("told", "kind", "value"),
    [
        ({"name": "helpful", "score_value": 0.75}, "judge", 0.75),
        ({"name": "correctness", "score_label": "pass"}, "judge", True),
        (
            {"name": "answer", "score_label": "Incorrect", "score_value": 1},
            "judge",
            False,
        ),
        ({"name": "fit", "score_label": "not_relevant", "score_value": 1}, *REFUTED),
        ({"name": "fit", "score_label": "Not correct"}, *REFUTED),
        ({"name": "toxicity", "score_label": "not toxic"}, "judge", None),
        ({"name": "stars", "score_value": 4}, "judge", None),
        ({"name": "toxicity", "score_value": 0.9}, "judge", None),
        ({"name": "toxicity", "score_label": "yes"}, "judge", None),
        ({"name": "toxicity", "score_label": "pass"}, "judge", True),
        ({"name": "user_feedback", "score_value": 1}, "thumbs", 1.0),
        ({"name": "thumbs", "score_value": -1}, "thumbs", -1.0),
        ({"name": "x", "score_value": "NaN"}, "judge", None),
        ({}, "judge", None),
    ],
)
def test_an_evaluation_is_a_signal(told: dict[str, Any], kind: str, value: Any) -> None:
    (signal,) = signals(evaluated(**told))
    assert (signal.kind, signal.value) == (kind, value)


def test_an_evaluation_says_what_it_was() -> None:
    told = {"name": "tone", "score_value": 0.2, "explanation": "too harsh"}
    (signal,) = signals(evaluated(**told))
    assert signal.detail == "tone: 0.2: too harsh"


def test_what_pilotfish_said_of_the_outcome_is_no_signal() -> None:
    assert signals(evaluated(name="pilotfish.outcome", score_value=1)) == []


def judged(parent: int, score: float = 0.5) -> Span:
    """Return an evaluation that came as a log record."""
    told = {
        "gen_ai.evaluation.name": "tone",
        "gen_ai.evaluation.score.value": score,
    }
    given = span(50, parent)
    return replace(given, name="gen_ai.evaluation.result", attributes=told)


@pytest.mark.parametrize("parent", [1, 2, 50, 99])
def test_an_evaluation_outside_of_spans_is_a_signal_and_no_step(parent: int) -> None:
    plain = [span(1, **AGENT), span(2, 1, **AGENT)]
    before = events_of(plain, "t")
    after = events_of([judged(parent), *plain, judged(parent)], "t")
    (signal,) = [event for event in after if event not in before]
    assert isinstance(signal, SignalRecorded)
    assert (signal.kind, signal.value, signal.detail) == ("judge", 0.5, "tone: 0.5")
    assert len(after) == len(before) + 1


def test_an_evaluation_alone_is_no_attempt() -> None:
    assert events_of([judged(1)], "t") == []


def test_of_several_runs_it_is_of_the_one_that_has_its_span() -> None:
    runs = [span(1), span(2, 1, **AGENT), span(3, 1, **AGENT)]
    found = [
        event.attempt_id
        for event in events_of(
            [*runs, judged(3), replace(judged(1), span_id="f" * 16)], "t"
        )
        if isinstance(event, SignalRecorded)
    ]
    assert found == [f"{runs[0].trace_id}-{runs[2].span_id}"]


def answering(number: int, parent: int, response: str) -> Span:
    """Return a model call whose provider named its response."""
    told = {"gen_ai__operation__name": "chat", "gen_ai__response__id": response}
    return span(number, parent, **told)


def judged_response(response: str, parent: int = 50) -> Span:
    """Return an evaluation that names a response; by itself it is below its own span."""
    given = judged(parent)
    told = {**given.attributes, "gen_ai.response.id": response}
    return replace(given, attributes=told, trace_id="e" * 32)


def test_an_evaluation_is_of_the_run_that_has_its_response() -> None:
    runs = [span(1), span(2, 1, **AGENT), span(3, 1, **AGENT)]
    calls = [answering(4, 2, "r1"), answering(5, 3, "r2")]
    for number, response in enumerate(["r1", "r2"]):
        events = events_of([*runs, *calls, judged_response(response)], "t")
        (signal,) = [e for e in events if isinstance(e, SignalRecorded)]
        about = runs[1 + number].span_id
        assert signal.attempt_id == f"{runs[0].trace_id}-{about}"
        assert signal.event_id.startswith(runs[0].trace_id)


def test_what_a_judge_says_of_other_responses_is_not_said_of_the_judge() -> None:
    own = answering(2, 1, "r1")
    event = SpanEvent(
        "gen_ai.evaluation.result",
        own.end_us,
        {"gen_ai.evaluation.score.value": 1, "gen_ai.response.id": "r0"},
    )
    assert signals(own, judged_response("r0", parent=2)) == []
    assert signals(replace(own, events=(event,))) == []
    assert len(signals(own, judged_response("r1", parent=2))) == 1


def test_where_no_response_is_told_the_span_has_to_do() -> None:
    assert len(signals(judged_response("r0", parent=1))) == 1


def test_an_evaluation_without_a_time_is_of_the_end_of_its_span() -> None:
    (signal,) = signals(evaluated(at_us=0, name="a"))
    assert signal.at.year == 2026


@pytest.mark.parametrize("prefix", ["evaluations", "trace.evaluations"])
def test_evaluations_of_openinference(prefix: str) -> None:
    told = {
        "openinference.span.kind": "CHAIN",
        f"{prefix}.0.evaluation.name": "sql runs",
        f"{prefix}.0.evaluation.score": 1.0,
        f"{prefix}.0.evaluation.annotator_kind": "CODE",
        f"{prefix}.1.evaluation.label": "thumbs up",
        f"{prefix}.1.evaluation.annotator_kind": "HUMAN",
    }
    found = signals(replace(span(2, 1), attributes=told))
    assert [(s.kind, s.value) for s in found] == [("verifier", 1.0), ("thumbs", True)]
    assert len({s.event_id for s in found}) == 2


@pytest.mark.parametrize(
    ("told", "codes"),
    [
        ({"process__exit__code": 2}, [2.0]),
        ({"gen_ai__tool__call__result": '{"exit_code": 0, "stdout": ""}'}, [0.0]),
        ({"gen_ai__tool__call__result": {"returncode": "1"}}, [1.0]),
        ({"gen_ai__tool__call__result": '{"exit_code": "broken"}'}, []),
        ({"gen_ai__tool__call__result": "exit_code 1"}, []),
    ],
)
def test_exit_codes_of_tools(told: dict[str, Any], codes: list[float]) -> None:
    tool: dict[str, Any] = {
        "gen_ai__operation__name": "execute_tool",
        "gen_ai__tool__name": "shell",
    }
    found = signals(span(2, 1, **tool, **told))
    assert [s.value for s in found] == codes
    assert all((s.kind, s.detail) == ("exit_code", "shell") for s in found)


def test_what_a_judge_does_is_no_step_of_the_agent() -> None:
    judge: dict[str, Any] = {"openinference__span__kind": "EVALUATOR"}
    model: dict[str, Any] = {
        "openinference__span__kind": "LLM",
        "output__value": "good",
    }
    events = events_of(
        [span(1, **AGENT), span(2, 1, **judge), span(3, 2, **model)], "t"
    )
    assert len(events) == 2
