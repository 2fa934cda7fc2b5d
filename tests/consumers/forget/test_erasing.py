from pydantic import JsonValue

from pilotfish.consumers.forget.erasing import Subject, erase, row_counts
from pilotfish.consumers.traces.span_store import SpanStore
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.evaluations import EVALUATION
from pilotfish.traces.span import Span

TRACES = ("a" * 32, "b" * 32, "c" * 32)


def test_the_spans_of_an_attempt_go_with_it(settings: Settings) -> None:
    clickhouse, tenant = ClickHouse(settings), settings.tenant
    at_us = 1_790_000_000_000_000
    spans = [Span(trace, "1" * 16, "", "agent", at_us, at_us) for trace in TRACES]
    SpanStore(clickhouse).add((tenant, span) for span in spans)
    of_a_run_within = Subject(tenant, f"{TRACES[1]}-{'1' * 16}")
    for subject in (Subject(tenant, TRACES[0]), of_a_run_within):
        assert erase(clickhouse, subject)["spans"] == 1
        assert row_counts(clickhouse, subject)["spans"] == 0
    left = clickhouse.query(
        "SELECT trace_id FROM spans WHERE tenant = {t:String}", {"t": tenant}
    )
    assert left == [(TRACES[2],)]


def test_what_was_said_of_its_responses_goes_with_it(settings: Settings) -> None:
    clickhouse, tenant = ClickHouse(settings), settings.tenant
    at_us, call = 1_790_000_000_000_000, "1" * 16
    said = [
        Span(trace, call, "", "chat", at_us, at_us, attributes=response)
        for trace, response in ((TRACES[0], told("r1")), (TRACES[1], told("r2")))
    ]
    judged = [
        Span(TRACES[2], n * 16, n * 16, EVALUATION, at_us, at_us, attributes=response)
        for n, response in (("2", told("r1")), ("3", told("r2")))
    ]
    SpanStore(clickhouse).add((tenant, span) for span in (*said, *judged))
    erase(clickhouse, Subject(tenant, TRACES[0]))
    left = clickhouse.query(
        "SELECT DISTINCT response_id FROM spans WHERE tenant = {t:String}",
        {"t": tenant},
    )
    assert left == [("r2",)]


def told(response: str) -> dict[str, JsonValue]:
    return {"gen_ai.response.id": response}
