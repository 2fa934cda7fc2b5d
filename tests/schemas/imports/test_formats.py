"""Every format: how it is recognised, and that odd data never breaks it."""

import copy
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.exports import DATA, read, written

from pilotfish.schemas.errors import ConfigurationError
from pilotfish.schemas.imports.formats import (
    RECORDED,
    format_of,
    named,
    unknown_format,
)

FILES = {
    "agentbank.jsonl": "agentbank",
    "atif.json": "atif",
    "claude_code.jsonl": "claude-code",
    "codex.jsonl": "codex",
    "codex_2025.jsonl": "codex",
    "langsmith.jsonl": "langsmith",
    "mini_swe_agent.traj.json": "swe-agent",
    "openai_chat.jsonl": "openai-chat",
    "swe_agent.traj": "swe-agent",
    "tau_bench.json": "tau-bench",
    "tau2_bench.json": "tau2-bench",
    "toucan.jsonl": "toucan",
}
ODD = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["[{", "2026-13-01", "assistant", "user", "tool_use", "\ud800"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=10), inner, max_size=3)
    ),
    max_leaves=6,
)


def records(file: str) -> list[Any]:
    text = (DATA / file).read_text()
    if file.endswith(".jsonl"):
        return [json.loads(line) for line in text.splitlines()]
    whole = json.loads(text)
    return whole if isinstance(whole, list) else [whole]


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value inside another."""
    if path:
        yield path
    inside = value.items() if isinstance(value, dict) else ()
    for key, inner in enumerate(value) if isinstance(value, list) else inside:
        yield from places(inner, (*path, key))


def with_odd(value: Any, path: tuple[Any, ...], odd: Any) -> Any:
    changed = copy.deepcopy(value)
    inner = changed
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = odd
    return changed


def test_every_file_of_the_examples_is_here() -> None:
    assert {path.name for path in DATA.iterdir()} == FILES.keys()
    assert set(FILES.values()) == {known.name for known in RECORDED}


@pytest.mark.parametrize("file", FILES)
def test_a_format_is_known_by_its_content(tmp_path: Path, file: str) -> None:
    known = named(FILES[file], RECORDED)
    assert format_of(DATA / file, RECORDED) is known
    zipped = tmp_path / "export"
    zipped.write_bytes(gzip.compress((DATA / file).read_bytes()))
    assert format_of(zipped, RECORDED) is known


@pytest.mark.parametrize("file", FILES)
def test_ids_of_events_are_unique_and_the_same_at_every_reading(file: str) -> None:
    known = named(FILES[file], RECORDED)
    attempts, _ = read(known, DATA / file)
    again, _ = read(known, DATA / file)
    ids = [(e.attempt_id, e.event_id) for a in attempts for e in a.events]
    assert len(set(ids)) == len(ids)
    assert [a.events for a in again] == [a.events for a in attempts]


@given(st.data())
def test_no_odd_value_anywhere_breaks_a_format(data: st.DataObject) -> None:
    file = data.draw(st.sampled_from(sorted(FILES)))
    whole = records(file)
    changed = whole
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(list(places(changed))))
        changed = with_odd(changed, path, data.draw(ODD))
    with TemporaryDirectory() as folder:
        path = written(Path(folder) / "odd.jsonl", changed)
        for attempt in read(named(FILES[file], RECORDED), path)[0]:
            assert attempt.start.problem


@given(st.data())
def test_one_odd_detail_costs_the_detail_and_not_the_attempt(
    data: st.DataObject,
) -> None:
    """A time, a count, a model or a version: nothing that an attempt rests on."""
    file = data.draw(st.sampled_from(sorted(FILES)))
    details = {"timestamp", "usage", "model", "version", "metrics", "end_time", "info"}
    whole = records(file)
    paths = [path for path in places(whole) if path[-1] in details]
    if not paths:
        return
    changed = with_odd(whole, data.draw(st.sampled_from(paths)), data.draw(ODD))
    known = named(FILES[file], RECORDED)
    with TemporaryDirectory() as folder:
        found, _ = read(known, written(Path(folder) / "odd.jsonl", changed))
    expected, _ = read(known, DATA / file)
    problems = [attempt.start.problem for attempt in expected]
    assert [attempt.start.problem for attempt in found] == problems


def test_an_unknown_format_is_told_what_was_seen_and_what_is_known(
    tmp_path: Path,
) -> None:
    path = written(tmp_path / "x.jsonl", [{"b": 1, "a": 2}])
    assert format_of(path, RECORDED) is None
    message = str(unknown_format(path, RECORDED))
    assert "its first record has the fields a, b" in message
    assert "claude-code, codex, langsmith" in message


def test_pilotfishs_own_log_is_sent_to_replay(tmp_path: Path) -> None:
    log = {"problem": "p", "approach": "a", "success": True}
    path = written(tmp_path / "log.jsonl", [log])
    assert "`pilotfish replay` plays it" in str(unknown_format(path, RECORDED))


@pytest.mark.parametrize(
    ("content", "seen"),
    [
        (b"", "it is empty"),
        (b"hello\nworld", "no JSON object"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "no JSON object"),
        (b'"just a text"', "no JSON object"),
    ],
)
def test_a_file_without_records_is_told(
    tmp_path: Path, content: bytes, seen: str
) -> None:
    path = tmp_path / "x"
    path.write_bytes(content)
    assert format_of(path, RECORDED) is None
    assert seen in str(unknown_format(path, RECORDED))


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot read"):
        format_of(tmp_path / "none", RECORDED)


def test_a_format_that_is_not_there_is_told() -> None:
    with pytest.raises(ConfigurationError, match="--format nonsense: no such format"):
        named("nonsense", RECORDED)
