from pilotfish.consumers.forget.erasing import Subject, erase, row_counts
from pilotfish.consumers.traces.span_store import SpanStore
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
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
