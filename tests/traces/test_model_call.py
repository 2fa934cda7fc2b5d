"""Which spans are one call of a model."""

from dataclasses import replace
from typing import Any

from support.traced.spans import span

from pilotfish.schemas.events import StepRecorded
from pilotfish.traces.mapping import events_of
from pilotfish.traces.span import Span

SAID = [{"role": "assistant", "parts": [{"type": "text", "content": "Five."}]}]


def call(number: int, parent: int, response: str = "r1", **told: Any) -> Span:
    return span(
        number,
        parent,
        gen_ai__operation__name="chat",
        gen_ai__request__model="claude",
        gen_ai__response__id=response,
        gen_ai__usage__input_tokens=100,
        **told,
    )


def steps(*spans: Span) -> list[tuple[str, str, int]]:
    events = events_of([span(1), *spans], "t")
    return [
        (e.kind, e.content, e.tokens) for e in events if isinstance(e, StepRecorded)
    ]


WITH_TEXT: dict[str, Any] = {"gen_ai__output__messages": SAID}
"""What an instrumentation tells, and Anthropic's client, which traces itself, does not."""


def test_a_client_s_own_span_beside_that_of_an_instrumentation_is_the_same_call() -> (
    None
):
    outer = call(2, 1, **WITH_TEXT)
    own = replace(call(3, 1), start_us=outer.start_us + 10, end_us=outer.end_us - 10)
    assert steps(outer, own) == [("answer", "Five.", 100)]
    earlier = replace(own, start_us=outer.start_us - 10)
    assert steps(outer, earlier) == [("answer", "Five.", 100)]


def test_calls_at_one_time_with_responses_of_their_own_are_two() -> None:
    outer = call(2, 1, **WITH_TEXT)
    other = replace(call(3, 1, "r2"), start_us=outer.start_us + 10)
    assert len(steps(outer, other)) == 2


def test_a_response_that_comes_again_later_is_another_call() -> None:
    assert len(steps(call(2, 1), call(3, 1))) == 2


def test_calls_without_a_response_s_id_are_told_apart() -> None:
    first = call(2, 1, "")
    assert len(steps(first, replace(call(3, 1, ""), start_us=first.start_us + 10))) == 2
