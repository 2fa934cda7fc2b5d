"""The spans of traces, and what was said of their responses."""

from pydantic import JsonValue

from pilotfish.consumers.traces.span_store import SpanStore
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.evaluations import EVALUATION
from pilotfish.schemas.ids import MAX_NAME
from pilotfish.traces.span import Span

AT_US = 1_790_000_000_000_000
TRACES = ("a" * 32, "b" * 32, "c" * 32)


def span(trace: str, number: int, name: str, response: object = "") -> Span:
    told: dict[str, JsonValue] = {"gen_ai.response.id": response} if response else {}  # type: ignore[dict-item]
    own = f"{number:016x}"
    return Span(trace, own, "", name, AT_US, AT_US + 1, attributes=told)


def test_a_trace_has_what_was_said_of_its_responses(settings: Settings) -> None:
    store, tenant = SpanStore(ClickHouse(settings)), settings.tenant
    calls = [span(TRACES[0], 1, "chat", "r1"), span(TRACES[1], 2, "chat", "r2")]
    judged = [
        span(TRACES[2], 3, EVALUATION, "r1"),
        span(TRACES[2], 4, EVALUATION, "r3"),
    ]
    store.add((tenant, one) for one in (*calls, *judged))
    keys = [(tenant, trace) for trace in TRACES]
    found = store.spans_of(keys)
    numbers = {t: sorted(int(one.span_id, 16) for one in found[t]) for t in keys}
    assert list(numbers.values()) == [[1, 3], [2], [3, 4]]
    answered = store.with_response([(tenant, f"r{n}") for n in (1, 2, 3)])
    assert answered == {(tenant, "r1"): [keys[0]], (tenant, "r2"): [keys[1]]}


def test_more_traces_than_fit_into_one_query_are_asked_for(settings: Settings) -> None:
    """A batch of the consumer may have 200 exports of 512 spans, each of another trace."""
    store, tenant = SpanStore(ClickHouse(settings)), settings.tenant
    keys = [(tenant, f"{number:032x}") for number in range(1, 40_000)]
    store.add((tenant, span(trace, 1, "request")) for _, trace in keys[::1000])
    assert len(store.with_root(keys)) == len(store.spans_of(keys)) == 40


def test_an_odd_id_of_a_response_is_none(settings: Settings) -> None:
    store, tenant = SpanStore(ClickHouse(settings)), settings.tenant
    odd = ["x" * (MAX_NAME + 1), 7, ["r"], "\0'\\"]
    spans = [span(TRACES[0], n, EVALUATION, one) for n, one in enumerate(odd, 1)]
    store.add((tenant, one) for one in spans)
    [found] = store.spans_of([(tenant, TRACES[0])]).values()
    assert len(found) == len(odd)
    assert store.with_response([(tenant, "\0'\\")]) == {}
