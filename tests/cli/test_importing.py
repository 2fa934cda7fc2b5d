"""`pilotfish import`: what would come in needs no server; what comes in, all of them."""

import gzip
import json
import os
import shutil
import threading
from pathlib import Path
from typing import Any

import pytest
from support.beside import beside
from support.exports import DATA, lines, written
from support.polling import eventually
from typer.testing import CliRunner

from pilotfish._cli import publishing
from pilotfish._cli.app import app
from pilotfish.consumers.archive import handler as archive
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import ConfigurationError, UnavailableError

CLAUDE = DATA / "claude_code.jsonl"
CHAT = DATA / "openai_chat.jsonl"


def told(*arguments: object) -> dict[str, Any]:
    words = ["import", *map(str, arguments), "--json"]
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    counts: dict[str, Any] = json.loads(done.output)
    return counts


def said(*arguments: object) -> str:
    words = ["import", *map(str, arguments)]
    return CliRunner().invoke(app, words, catch_exceptions=False).output


@pytest.fixture
def nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PILOTFISH_KAFKA", "127.0.0.1:1")
    monkeypatch.setenv("PILOTFISH_CLICKHOUSE", "http://127.0.0.1:1")
    monkeypatch.setenv("COLUMNS", "500")


@pytest.mark.usefixtures("nowhere")
def test_a_dry_run_shows_what_would_come_in_and_needs_no_server() -> None:
    counts = told(CLAUDE, "--dry-run")
    assert counts["dry_run"] is True
    assert counts["attempts"] == 5
    assert counts["agents"] == {"claude-code": 4, "claude-code/Explore": 1}
    assert counts["steps"] == {
        "action": 6,
        "observation": 5,
        "thought": 2,
        "answer": 2,
    }
    assert counts["tools"]["Bash"] == 2
    assert counts["outcomes"] == {
        "success": 1,
        "abandoned": 1,
        "infrastructure": 1,
        "no evidence": 1,
        "not ended": 1,
    }
    assert counts["first"] == "2026-10-05 09:00:10+00:00"
    assert counts["tokens"] == 1425


@pytest.mark.usefixtures("nowhere")
def test_people_are_told_the_same_and_what_is_lost() -> None:
    output = said(CLAUDE, "--dry-run")
    assert "2026-10-05 09:00 to 2026-10-05 09:02" in output
    assert "not read: lines of type file-history-snapshot (1" in output
    assert "transcripts name no outcome" in output
    assert "nothing is published" in output


@pytest.mark.usefixtures("nowhere")
def test_agentbank_is_imported_without_outcomes_and_that_is_said() -> None:
    output = said(DATA / "agentbank.jsonl", "--dry-run")
    assert "no evidence 2" in output
    assert "AgentBank holds successes only" in output


@pytest.mark.usefixtures("nowhere")
def test_a_record_that_cannot_be_read_stops_nothing_and_is_named(
    tmp_path: Path,
) -> None:
    path = tmp_path / "chat.jsonl"
    path.write_text(
        CHAT.read_text() + '{"messages": [{"role": "sys\n{"messages": []}\n'
    )
    counts = told(path, "--dry-run")
    assert counts["attempts"] == 3
    assert any(
        "the object does not end (1, the first is line 4)" in n for n in counts["notes"]
    )
    assert any(
        "there is no problem (1, the first is line 5)" in n for n in counts["notes"]
    )


@pytest.mark.usefixtures("nowhere")
def test_a_folder_stands_for_all_its_files(tmp_path: Path) -> None:
    inside = tmp_path / "projects" / "-home-dev"
    inside.mkdir(parents=True)
    shutil.copy(CLAUDE, inside)
    (inside / "chat.jsonl.gz").write_bytes(gzip.compress(CHAT.read_bytes()))
    (inside / "memory.md").write_text("# Notes")
    (inside / "cut.gz").write_bytes(b"\x1f\x8b\x08")
    counts = told(tmp_path, "--dry-run")
    assert counts["attempts"] == 8
    assert any("cannot read" in note for note in counts["notes"])
    assert any("files of no known format (1" in note for note in counts["notes"])


@pytest.mark.usefixtures("nowhere")
def test_a_damaged_file_is_read_to_where_it_is_damaged(tmp_path: Path) -> None:
    whole = gzip.compress(CLAUDE.read_bytes() * 200)
    (tmp_path / "cut.gz").write_bytes(whole[: len(whole) // 2])
    counts = told(tmp_path / "cut.gz", CHAT, "--dry-run")
    assert counts["attempts"] > 3
    assert any("cannot read" in note for note in counts["notes"])


@pytest.mark.usefixtures("nowhere")
def test_copies_of_a_session_count_once(tmp_path: Path) -> None:
    copy = shutil.copy(CLAUDE, tmp_path / "copy.jsonl")
    counts = told(CLAUDE, copy, "--dry-run")
    assert (counts["attempts"], counts["repeated"]) == (5, 5)
    assert "5 (a copy counts once)" in said(CLAUDE, copy, "--dry-run")


@pytest.mark.usefixtures("nowhere")
def test_a_pipe_is_imported_as_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writing = threading.Thread(target=lambda: pipe.write_bytes(CHAT.read_bytes()))
    writing.start()
    assert told(pipe, "--dry-run")["attempts"] == 3
    writing.join()


@pytest.mark.usefixtures("nowhere")
def test_an_unknown_format_stops_before_anything_is_read(tmp_path: Path) -> None:
    strange = written(tmp_path / "strange.jsonl", [{"colour": "blue"}])
    with pytest.raises(
        ConfigurationError, match="its first record has the fields colour"
    ):
        told(CLAUDE, strange, "--dry-run")
    with pytest.raises(ConfigurationError, match="there is no attempt in it"):
        told(strange, "--dry-run", "--format", "claude-code")
    with pytest.raises(ConfigurationError, match="no such format"):
        told(CLAUDE, "--dry-run", "--format", "excel")


@pytest.mark.usefixtures("nowhere")
def test_without_a_platform_nothing_is_said_to_be_in() -> None:
    with pytest.raises(UnavailableError):
        told(CLAUDE)


COUNTED = """
SELECT count(), uniqExact(event_id), uniqExact(attempt_id)
FROM events WHERE tenant = {t:String}
"""
ATTEMPTS = """
SELECT problem, agent, model, status, steps, tokens, p_success
FROM attempts_current WHERE tenant = {t:String} ORDER BY started_at
"""


@pytest.fixture
def clickhouse(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> ClickHouse:
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(publishing, "STALLED_S", 60.0)
    return ClickHouse(settings)


@pytest.mark.usefixtures("streams")
def test_importing_again_adds_only_what_is_new(
    settings: Settings, clickhouse: ClickHouse, tmp_path: Path, ends: Any
) -> None:
    def rows(sql: str) -> list[tuple[Any, ...]]:
        return clickhouse.query(sql, {"t": settings.tenant})

    records = lines("claude_code.jsonl")
    path = written(tmp_path / "session.jsonl", records[:13])
    with beside(archive.run, settings):
        first = told(path, shutil.copy(path, tmp_path / "copy.jsonl"))
        assert (first["published"], first["repeated"], first["labelled"]) == (2, 2, 0)
        sent = first["published_events"]
        eventually(lambda: rows(COUNTED), [(sent, sent, 2)])
        before = ends()
        again = told(path)
        assert (again["published"], again["imported_before"]) == (0, 2)
        assert ends() == before

        whole = told(written(path, records))
        assert whole["published"] == 5
        total = sent + whole["published_events"]
        eventually(lambda: rows(COUNTED), [(total, total, 5)])
        known = ends()
        assert told(path)["published_events"] == 0
        assert ends() == known
    opus = "claude-opus-4-8"
    assert rows(ATTEMPTS) == [
        (
            "Fix the failing test in cart.py",
            "claude-code",
            opus,
            "unknown",
            9,
            1367,
            1.0,
        ),
        ("Find who calls total()", "claude-code/Explore", opus, "unknown", 3, 22, None),
        (
            *("[image]\nNow make it look like this", "claude-code", opus),
            *("abandoned", 2, 18, None),
        ),
        ("Use tabs instead", "claude-code", "", "infrastructure", 0, 0, None),
        ("continue", "claude-code", opus, "", 1, 18, None),
    ]
