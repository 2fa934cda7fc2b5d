"""Traces as attempts: what must hold whatever the dialect."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.traced.spans import START_US, TRACE, failed, span

from pilotfish.schemas.base import moment
from pilotfish.schemas.events import (
    AttemptEnded,
    AttemptStarted,
    Event,
    HintMark,
    SignalRecorded,
    StepRecorded,
)
from pilotfish.traces.mapping import MAX_EVENTS, events_of, has_ended
from pilotfish.traces.span import Span, SpanEvent

AGENT: dict[str, Any] = {
    "gen_ai__operation__name": "invoke_agent",
    "gen_ai__agent__name": "solver",
}
MODEL: dict[str, Any] = {"gen_ai__operation__name": "chat"}
TOOL: dict[str, Any] = {"gen_ai__operation__name": "execute_tool"}
HOURS_US = 9 * 3600 * 1_000_000
ASKED = [{"role": "user", "parts": [{"type": "text", "content": "What is 1+2?"}]}]
SAID = [{"role": "assistant", "parts": [{"type": "text", "content": "3"}]}]


def agent(number: int = 1, parent: int = 0, **more: Any) -> Span:
    given_ = span(number, parent, **AGENT, **more)
    return replace(given_, end_us=given_.end_us + HOURS_US)


def model(number: int, parent: int, said: Any = SAID, **more: Any) -> Span:
    told = {"gen_ai__input__messages": ASKED, "gen_ai__output__messages": said}
    return span(number, parent, **MODEL, **told, **more)


def tool(number: int, parent: int, name: str = "add", **more: Any) -> Span:
    return span(number, parent, **TOOL, gen_ai__tool__name=name, **more)


def run() -> list[Span]:
    return [agent(), tool(2, 1, gen_ai__tool__call__result="3"), model(3, 1)]


def steps(events: Iterable[Event]) -> list[tuple[str, str, str]]:
    return [(e.kind, e.name, e.content) for e in events if isinstance(e, StepRecorded)]


def start_of(events: list[Event]) -> AttemptStarted:
    (start,) = [e for e in events if isinstance(e, AttemptStarted)]
    return start


def end_of(events: list[Event]) -> AttemptEnded:
    (end,) = [e for e in events if isinstance(e, AttemptEnded)]
    return end


def signals(events: Iterable[Event]) -> list[SignalRecorded]:
    return [e for e in events if isinstance(e, SignalRecorded)]


@given(st.data())
def test_order_and_copies_of_spans_do_not_matter(data: st.DataObject) -> None:
    spans = [*run(), agent(4, 1, gen_ai__input__messages=ASKED), tool(5, 4), tool(6, 9)]
    drawn = data.draw(
        st.permutations([*spans, *data.draw(st.lists(st.sampled_from(spans)))])
    )
    assert events_of(drawn, "t") == events_of(spans, "t")


@given(st.sets(st.sampled_from(run()[1:]).map(lambda s: s.span_id)))
def test_a_span_has_the_same_ids_whatever_else_is_there(ids: set[str]) -> None:
    some = [s for s in run() if s.span_id in ids or not s.parent_id]
    known = {event.event_id for event in events_of(run(), "t")}
    assert {event.event_id for event in events_of(some, "t")} <= known


def test_ids_are_distinct_and_made_of_trace_and_span() -> None:
    events = events_of(run(), "t")
    assert len({event.event_id for event in events}) == len(events)
    assert all(event.event_id.startswith(f"{TRACE}/") for event in events)
    assert {event.attempt_id for event in events} == {TRACE}


ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text()
    | st.sampled_from(
        ['{"a', "[[[", '{"messages": [1, {"role": 3}]}', '"x"', "\ud800"]
    ),
    lambda values: st.lists(values, max_size=3) | st.dictionaries(st.text(), values),
    max_leaves=6,
)
NAMES = st.sampled_from(
    [
        "gen_ai.agent.name",
        "gen_ai.completion.0.content",
        "gen_ai.completion.0.tool_calls.0.name",
        "gen_ai.input.messages",
        "gen_ai.operation.name",
        "gen_ai.output.messages",
        "gen_ai.prompt.0",
        "gen_ai.prompt.0.role",
        "gen_ai.request.model",
        "gen_ai.response.model",
        "gen_ai.retrieval.documents",
        "gen_ai.tool.call.arguments",
        "gen_ai.tool.call.id",
        "gen_ai.tool.call.result",
        "gen_ai.tool.name",
        "gen_ai.usage.input_tokens",
        "input.value",
        "llm.cost.total",
        "llm.input_messages",
        "llm.input_messages.0",
        "llm.input_messages.0.message.content",
        "llm.input_messages.0.message.contents.0.message_content.type",
        "llm.output_messages.0.message.tool_calls.0.tool_call.function.name",
        "llm.output_messages.999999.message.role",
        "metadata",
        "openinference.span.kind",
        "output.value",
        "pilotfish.approach",
        "pilotfish.holdout",
        "pilotfish.propensity",
        "pilotfish.request_id",
        "process.exit.code",
        "session.id",
        "tool.name",
        "traceloop.association.properties.approach",
        "trace.evaluations.0.evaluation.score",
        "user.id",
    ]
)
KINDS = st.sampled_from(["agent", "LLM", "TOOL", "CHAIN", "RETRIEVER", "GUARDRAIL"])


@st.composite
def odd_spans(draw: st.DrawFn) -> Span:
    attributes = draw(st.dictionaries(NAMES | st.text(), ODD, max_size=8))
    if draw(st.booleans()):
        attributes["openinference.span.kind"] = draw(KINDS)
    number, parent = draw(st.integers(1, 6)), draw(st.integers(0, 6))
    given_ = replace(
        span(number, parent),
        attributes=attributes,
        name=draw(st.text()),
        status=draw(st.sampled_from(["ok", "error"])),
        status_message=draw(st.text()),
    )
    names = st.sampled_from(["exception", "gen_ai.evaluation.result", "gen_ai.choice"])
    told = st.dictionaries(
        st.sampled_from(["exception.type", "gen_ai.evaluation.score.value", "message"]),
        ODD,
    )
    events = draw(st.lists(st.tuples(names, told), max_size=2))
    return replace(
        given_, events=tuple(SpanEvent(n, given_.end_us, a) for n, a in events)
    )


@given(st.lists(odd_spans(), max_size=8), st.booleans())
def test_no_attribute_raises(spans: list[Span], abandoned: bool) -> None:
    for event in events_of(spans, "t", abandoned=abandoned):
        assert type(event).model_validate_json(event.model_dump_json()) == event


def test_ten_thousand_attributes_are_read() -> None:
    many = {f"llm.input_messages.{i}.message.content": "x" for i in range(10_000)}
    given_ = agent()
    odd = replace(given_, attributes={**many, **given_.attributes})
    assert start_of(events_of([odd], "t")).agent.name == "solver"


def test_a_trace_without_agents_models_and_tools_is_no_attempt() -> None:
    server = span(1, http__request__method="GET", session__id="s")
    assert events_of([server, span(2, 1, db__system="sqlite")], "t") == []
    assert events_of([], "t") == []


def test_a_run_in_the_order_of_time() -> None:
    events = events_of(run(), "t")
    assert steps(events) == [
        ("action", "add", ""),
        ("observation", "add", "3"),
        ("answer", "model", "3"),
    ]
    assert start_of(events).problem == "What is 1+2?"
    assert [event.at for event in events] == sorted(event.at for event in events)


def test_the_end_comes_with_the_root() -> None:
    root, *rest = run()
    assert not has_ended(rest) and has_ended([*rest, root])
    assert not [e for e in events_of(rest, "t") if isinstance(e, AttemptEnded)]
    killed = end_of(events_of(rest, "t", abandoned=True))
    ended = end_of(events_of(run(), "t"))
    assert (killed.status, ended.status) == ("abandoned", "unknown")
    assert killed.event_id != ended.event_id
    assert ended.at == moment(root.end_us)


def test_a_caller_elsewhere_does_not_make_a_run_abandoned() -> None:
    called = replace(agent(1, 99), remote_parent=True)
    end = end_of(events_of([called, model(2, 1)], "t", abandoned=True))
    assert end.status == "unknown"


def test_each_agent_that_a_server_runs_makes_an_attempt() -> None:
    server = span(1, http__request__method="POST")
    spans = [server, agent(2, 1), model(3, 2), agent(4, 1), model(5, 4)]
    events = events_of(spans, "t")
    assert {e.attempt_id for e in events} == {
        f"{TRACE}-{spans[1].span_id}",
        f"{TRACE}-{spans[3].span_id}",
    }
    assert {e.attempt_id for e in events_of(spans[:3], "t")} == {TRACE}
    assert {e.attempt_id for e in events_of(spans[1:], "t")} == {TRACE}


@pytest.mark.parametrize("number", [1, 2, 3])
def test_what_the_sdk_recorded_itself_gives_no_events(number: int) -> None:
    spans = [span(1), agent(2, 1), model(3, 2)]
    marked = replace(
        spans[number - 1],
        attributes={**spans[number - 1].attributes, "pilotfish.attempt_id": "a"},
    )
    assert (
        events_of([s if s.span_id != marked.span_id else marked for s in spans], "t")
        == []
    )


def test_spans_that_are_each_others_parents_are_read() -> None:
    assert len(steps(events_of([tool(1, 2), tool(2, 1, "b"), tool(3, 3)], "t"))) == 6


def test_an_attempt_has_a_bound_and_keeps_its_answer() -> None:
    spans = [agent(), *(tool(n, 1) for n in range(2, 4002)), model(4002, 1)]
    events = events_of(spans, "t")
    assert len(events) == MAX_EVENTS
    assert start_of(events).attributes["steps_left_out"] == 2 * 4000 + 1 - (4000 - 2)
    assert steps(events)[-1] == ("answer", "model", "3")


def test_a_deep_trace_is_read() -> None:
    deep = [agent(n, n - 1) for n in range(1, 3000)]
    assert start_of(events_of(deep, "t")).agent.name == "solver"


def test_long_texts_are_cut() -> None:
    spans = [agent(), tool(2, 1, gen_ai__tool__call__result="\x00" * 400_000)]
    (*_, observation) = [
        e for e in events_of(spans, "t") if isinstance(e, StepRecorded)
    ]
    assert observation.truncated and len(observation.model_dump_json()) < 1024 * 1024


@pytest.mark.parametrize(
    ("kind", "message", "signal"),
    [
        ("ValueError", "no rows", "exception"),
        ("openai.RateLimitError", "slow down", "infrastructure"),
        ("LMRateLimitError", "slow down", "infrastructure"),
        ("ConnectionResetError", "gone", "infrastructure"),
        ("APIStatusError", "Error code: 503 - overloaded", "infrastructure"),
        ("BadRequestError", "Error code: 400 - no such tool", "exception"),
        ("CancelledError", "", None),
    ],
)
def test_the_error_of_the_root_is_a_signal(
    kind: str, message: str, signal: str | None
) -> None:
    events = events_of([failed(agent(), kind, message), tool(2, 1)], "t")
    assert [s.kind for s in signals(events)] == ([signal] if signal else [])
    assert message in end_of(events).reason


def test_what_failed_last_may_be_the_cause() -> None:
    root = failed(agent(), "AgentRunError", "the model failed")
    limited = failed(model(3, 1, said=None), "RateLimitError", "slow down")
    assert [s.kind for s in signals(events_of([root, limited], "t"))] == [
        "infrastructure"
    ]
    again = [root, limited, model(4, 1)]
    assert [s.kind for s in signals(events_of(again, "t"))] == ["exception"]


def test_an_error_that_the_agent_went_on_from_is_an_observation() -> None:
    broken = failed(tool(2, 1), "ValueError", "no rows")
    events = events_of([agent(), broken, model(3, 1)], "t")
    assert ("observation", "add", "ValueError: no rows") in steps(events)
    assert signals(events) == []


def test_nested_spans_of_one_model_call_are_one_step() -> None:
    used = {"gen_ai__usage__input_tokens": 10, "gen_ai__usage__output_tokens": 5}
    outer = replace(model(2, 1, **used), end_us=START_US + 9_000_000)
    inner = model(3, 2, gen_ai__response__model="gpt-4o-mini", **used)
    events = events_of([agent(), outer, inner], "t")
    (step,) = [e for e in events if isinstance(e, StepRecorded)]
    assert (step.tokens, step.name) == (15, "gpt-4o-mini") and step.cost > 0


def test_an_agent_counts_tokens_where_no_model_call_does() -> None:
    used = {"gen_ai__usage__input_tokens": 10, "gen_ai__usage__output_tokens": 5}
    alone = events_of([agent(gen_ai__output__messages=SAID, **used)], "t")
    with_model = events_of([agent(**used), model(2, 1, **used)], "t")
    for events in (alone, with_model):
        (step,) = [e for e in events if isinstance(e, StepRecorded)]
        assert (step.kind, step.tokens, step.content) == ("answer", 15, "3")


CALL = {"type": "tool_call", "id": "c1", "name": "add", "arguments": {"a": 1}}
CALLING = [{"role": "assistant", "parts": [CALL]}]
RESULT = {"type": "tool_call_response", "id": "c1", "response": 7}
TOLD = [*ASKED, *CALLING, {"role": "tool", "parts": [RESULT]}]


def second(number: int, parent: int) -> Span:
    given_ = model(number, parent)
    told = {**given_.attributes, "gen_ai.input.messages": TOLD}
    return replace(given_, attributes=told)


def test_calls_come_from_messages_where_tools_have_no_spans() -> None:
    events = events_of([agent(), model(2, 1, CALLING), second(3, 1)], "t")
    assert steps(events) == [
        ("thought", "model", ""),
        ("action", "add", '{"a": 1}'),
        ("observation", "add", "7"),
        ("answer", "model", "3"),
    ]


def test_a_call_with_a_span_is_not_repeated() -> None:
    for told in ({"gen_ai__tool__call__id": "c1"}, {}):
        spans = [agent(), model(2, 1, CALLING), tool(3, 1, **told), second(4, 1)]
        actions = [s for s in steps(events_of(spans, "t")) if s[0] == "action"]
        assert actions == [("action", "add", "")]


def test_the_last_call_of_a_run_that_ended_badly_was_made() -> None:
    calling = model(2, 1, CALLING)
    ended_badly = events_of([failed(agent(), "ValueError", "no"), calling], "t")
    assert ("action", "add", '{"a": 1}') in steps(ended_badly)
    ended_well = events_of([agent(gen_ai__output__messages=SAID), calling], "t")
    assert [kind for kind, *_ in steps(ended_well)] == ["thought", "answer"]


def test_a_sub_agent_is_an_action_and_its_words_are_no_answer() -> None:
    sub = {**AGENT, "gen_ai__agent__name": "poet", "gen_ai__input__messages": ASKED}
    verse = [{"role": "assistant", "parts": [{"type": "text", "content": "a verse"}]}]
    spans = [agent(), span(2, 1, **sub), model(3, 2, verse), model(4, 1)]
    events = events_of(spans, "t")
    assert steps(events) == [
        ("action", "poet", "What is 1+2?"),
        ("thought", "model", "a verse"),
        ("answer", "model", "3"),
    ]
    assert start_of(events).approach == "poet"


def test_a_retrieval_is_an_action_and_an_observation() -> None:
    told = {
        "gen_ai__operation__name": "retrieval",
        "gen_ai__retrieval__query__text": "tables",
        "gen_ai__retrieval__documents": [{"id": "d1"}],
    }
    events = events_of([agent(), span(2, 1, **told), model(3, 1)], "t")
    assert [s[::2] for s in steps(events)[:2]] == [
        ("action", "tables"),
        ("observation", '[{"id": "d1"}]'),
    ]


def test_the_hint_that_was_got_elsewhere() -> None:
    told = {
        "pilotfish__request_id": "r1",
        "pilotfish__approach": "react",
        "pilotfish__propensity": "0.25",
        "pilotfish__advisor_version": "v7",
        "pilotfish__holdout": True,
    }
    end = end_of(events_of([agent(**told)], "t"))
    assert end.hint == HintMark(
        request_id="r1",
        approach="react",
        propensity=0.25,
        advisor_version="v7",
        holdout=True,
    )
    odd = end_of(events_of([agent(pilotfish__request_id="no blanks")], "t"))
    assert odd.hint is None
