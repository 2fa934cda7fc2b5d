"""The agent's own trace: which span is which attempt, and the hint as a decision in it."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import Tracer

from pilotfish.runtime import trace
from pilotfish.testing import AsyncMemoryClient, MemoryClient

APPROACHES = {"plan": "plan first", "react": "act, then look"}


@pytest.fixture
def exporter() -> InMemorySpanExporter:
    return InMemorySpanExporter()


@pytest.fixture
def tracer(
    exporter: InMemorySpanExporter, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Tracer]:
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(trace, "_tracer", lambda: provider.get_tracer("pilotfish"))
    yield provider.get_tracer("agent")
    provider.shutdown()


def spans(exporter: InMemorySpanExporter) -> dict[str, ReadableSpan]:
    return {span.name: span for span in exporter.get_finished_spans()}


def check_decision(span: ReadableSpan, around: ReadableSpan, hint: Any) -> None:
    assert span.parent is not None and around.context is not None
    assert span.parent.span_id == around.context.span_id
    assert span.attributes == {
        "openinference.span.kind": "DECISION",
        "output.value": "Use the approach 'plan': plan first",
        "pilotfish.attempt_id": hint.attempt_id,
        "pilotfish.request_id": hint.request_id,
        "pilotfish.approach": "plan",
        "pilotfish.propensity": 1.0,
        "pilotfish.confidence": 0.9,
        "pilotfish.kind": "",
        "pilotfish.advisor_version": "memory",
        "pilotfish.holdout": False,
    }
    assert around.attributes == {
        "pilotfish.attempt_id": hint.attempt_id,
        "pilotfish.approach": "plan",
    }
    assert span.start_time is not None and span.end_time is not None
    assert span.start_time <= span.end_time


def test_a_hint_is_a_decision_in_the_span_of_its_attempt(
    memory: MemoryClient, tracer: Tracer, exporter: InMemorySpanExporter
) -> None:
    memory.will_advise("plan")
    with (
        tracer.start_as_current_span("my agent"),
        memory.attempt("How many?") as attempt,
        tracer.start_as_current_span("its first step"),
    ):
        hint = attempt.advice(APPROACHES)
    made = spans(exporter)
    check_decision(made["pilotfish.advice"], made["my agent"], hint)
    assert made["its first step"].attributes == {}


def test_in_asyncio_it_is_the_same(
    tracer: Tracer, exporter: InMemorySpanExporter
) -> None:
    async def main() -> Any:
        async with AsyncMemoryClient(advice_deadline_s=10) as client:
            client.will_advise("plan")
            with tracer.start_as_current_span("my agent"):
                async with client.attempt("How many?") as attempt:
                    return await attempt.advice(APPROACHES)

    hint = asyncio.run(main())
    made = spans(exporter)
    check_decision(made["pilotfish.advice"], made["my agent"], hint)


def test_an_abstention_says_why(
    memory: MemoryClient, tracer: Tracer, exporter: InMemorySpanExporter
) -> None:
    with (
        tracer.start_as_current_span("my agent"),
        memory.attempt("How many?") as attempt,
    ):
        attempt.advice(APPROACHES)
        attempt.use("react")
    made = spans(exporter)
    decision, around = made["pilotfish.advice"].attributes, made["my agent"].attributes
    assert decision is not None and around is not None
    assert decision["pilotfish.abstained"] == "unsure"
    assert "pilotfish.approach" not in decision
    assert around["pilotfish.approach"] == "react"


def test_a_strategy_that_was_found_is_in_the_decision_only(
    memory: MemoryClient, tracer: Tracer, exporter: InMemorySpanExporter
) -> None:
    memory.will_advise("plan-show-b54a57")
    with (
        tracer.start_as_current_span("my agent"),
        memory.attempt("How many?") as attempt,
    ):
        attempt.advice()
    made = spans(exporter)
    decision, around = made["pilotfish.advice"].attributes, made["my agent"].attributes
    assert decision is not None
    assert decision["pilotfish.approach"] == "plan-show-b54a57"
    assert around == {"pilotfish.attempt_id": attempt.id}


@pytest.mark.parametrize("outcome", ["succeeded", "failed", "unknown"])
def test_an_outcome_is_an_evaluation_of_the_span(
    memory: MemoryClient,
    tracer: Tracer,
    exporter: InMemorySpanExporter,
    outcome: str,
) -> None:
    with (
        tracer.start_as_current_span("my agent"),
        memory.attempt("How many?") as attempt,
    ):
        if outcome != "unknown":
            (attempt.succeed if outcome == "succeeded" else attempt.fail)("counted")
    evaluations = [
        dict(event.attributes or {})
        for event in spans(exporter)["my agent"].events
        if event.name == "gen_ai.evaluation.result"
    ]
    expected = {
        "gen_ai.evaluation.name": "pilotfish.outcome",
        "gen_ai.evaluation.score.value": float(outcome == "succeeded"),
        "gen_ai.evaluation.score.label": outcome,
        "gen_ai.evaluation.explanation": "counted",
    }
    assert evaluations == ([] if outcome == "unknown" else [expected])


def test_an_attempt_outside_of_any_span_makes_none(
    memory: MemoryClient, tracer: Tracer, exporter: InMemorySpanExporter
) -> None:
    with memory.attempt("How many?", approach="plan") as attempt:
        attempt.advice(APPROACHES)
    assert spans(exporter) == {}


def test_a_span_that_has_ended_is_left_alone(
    memory: MemoryClient, tracer: Tracer, exporter: InMemorySpanExporter
) -> None:
    with tracer.start_as_current_span("the request"):
        attempt = memory.attempt("How many?")
    attempt.use("plan")
    attempt.end()
    assert spans(exporter)["the request"].attributes == {
        "pilotfish.attempt_id": attempt.id
    }


def test_a_broken_tracer_does_not_break_the_agent(
    memory: MemoryClient, tracer: Tracer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> None:
        raise RuntimeError("no exporter")

    monkeypatch.setattr(trace, "decided", broken)
    monkeypatch.setattr(trace, "span_of_attempt", broken)
    memory.will_advise("plan")
    with tracer.start_as_current_span("my agent"), memory.attempt("How?") as attempt:
        assert attempt.advice(APPROACHES).approach == "plan"
