"""Who reads a log again gets the same ids, and two attempts never share one."""

import json
from pathlib import Path
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from pilotfish.schemas.attempt_log.identity import KNOWN_BY, identified
from pilotfish.schemas.attempt_log.mending import attempt_of
from pilotfish.schemas.attempt_log.reader import Entry, read_entries
from pilotfish.schemas.ids import Identifier, log_id

RECORDS = st.sampled_from(
    [
        {"problem": problem, "approach": approach, "success": True}
        for problem in "pq"
        for approach in "ab"
    ]
)


def ids(records: list[dict[str, object]]) -> list[str]:
    entries = (Entry(attempt_of(record, print), record) for record in records)
    return [attempt_id for attempt_id, _ in identified(entries)]


LONG: list[dict[str, object]] = [
    {"problem": f"p{n}", "approach": "a"} for n in range(KNOWN_BY)
]


@given(st.lists(RECORDS, max_size=30), st.lists(RECORDS, min_size=1, max_size=5))
def test_a_log_that_has_grown_keeps_its_ids(
    log: list[dict[str, object]], more: list[dict[str, object]]
) -> None:
    before, after = ids([*LONG, *log]), ids([*LONG, *log, *more])
    assert after[: len(before)] == before
    assert after == sorted(after)
    assert len(set(after)) == len(after)


@given(
    st.lists(RECORDS, min_size=1, max_size=9), st.lists(RECORDS, min_size=1, max_size=9)
)
def test_other_logs_have_other_ids_also_where_they_begin_alike(
    one: list[dict[str, object]], other: list[dict[str, object]]
) -> None:
    assert set(ids(one)).isdisjoint(ids(other)) == (one != other)


def test_from_a_changed_record_on_all_ids_are_new() -> None:
    records = [*LONG, *LONG]
    changed = [*records]
    changed[150] = {**changed[150], "success": True}
    before, after = ids(records), ids(changed)
    assert before[:150] == after[:150]
    assert set(before[150:]).isdisjoint(after[150:])


def test_the_layout_does_not_matter(tmp_path: Path) -> None:
    records = [{"problem": "p", "approach": "a", "success": n / 2} for n in range(3)]
    lines, array = tmp_path / "lines", tmp_path / "array"
    lines.write_text("\n".join(map(json.dumps, records)))
    array.write_text(json.dumps(records, indent=2))
    read = [[i for i, _ in identified(read_entries(path))] for path in (lines, array)]
    assert read[0] == read[1] == ids(records)


@given(st.binary(min_size=8), st.integers(0, 2**28 - 1), st.binary(min_size=8))
def test_ids_are_uuids_in_order(first: bytes, number: int, digest: bytes) -> None:
    this = log_id(first, number, digest)
    assert UUID(this).version == 8 and str(UUID(this)) == this
    TypeAdapter(Identifier).validate_python(this)
    if number + 1 < 2**28:
        assert this < log_id(first, number + 1, digest)
