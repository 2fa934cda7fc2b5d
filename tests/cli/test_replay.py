"""`pilotfish replay` against Kafka and ClickHouse, with streams in this process."""

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest
from support.polling import eventually
from typer.testing import CliRunner

from pilotfish._cli import publishing, replay
from pilotfish._cli.app import app
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import SchemaError, UnavailableError

LINE = {"problem": "1+1?", "approach": "[/plan]", "cost": 0.5, "model": "gpt-x"}
LINES = [
    LINE | {"success": success, "id": f"run-{n}", "at": "2025-01-02T03:04:05Z"}
    for n, success in enumerate((True, False, 0.7, None))
]


@pytest.fixture(autouse=True)
def environment(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(publishing, "STALLED_S", 60.0)


def write(folder: Path, *lines: object) -> Path:
    path = folder / "log.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def run(*arguments: object) -> dict[str, Any]:
    words = ["replay", *map(str, arguments), "--json"]
    done = CliRunner().invoke(app, words, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    told: dict[str, Any] = json.loads(done.output)
    return told


@pytest.mark.usefixtures("streams")
def test_a_log_arrives_as_it_was_and_again_adds_nothing(
    settings: Settings, tmp_path: Path, ends: Any
) -> None:
    log = write(tmp_path, *LINES)
    first = run(log)
    assert (first["published"], first["labelled"]) == (4, 3)
    clickhouse = ClickHouse(settings)
    rows = clickhouse.query(
        "SELECT cost, model, toString(started_at), status, p_success FROM attempts_current"
        " WHERE tenant = {t:String} ORDER BY attempt_id",
        {"t": settings.tenant},
    )
    at = "2025-01-02 03:04:05.000000"
    assert rows == [
        (0.5, "gpt-x", at, "succeeded", 1.0),
        (0.5, "gpt-x", at, "failed", 0.0),
        (0.5, "gpt-x", at, "unknown", 0.7),
        (0.5, "gpt-x", at, "unknown", None),
    ]
    before = ends()
    again = run(log)
    assert (again["published"], again["replayed_before"]) == (0, 4)
    assert ends() == before
    other = run(write(tmp_path, *LINES[:1]))
    assert (other["published"], other["replayed_before"]) == (1, 0)
    [(count, events)] = clickhouse.query(
        "SELECT count(), sum(length(seen_events)) FROM attempts FINAL WHERE tenant = {t:String}",
        {"t": settings.tenant},
    )
    assert (count, events) == (5, 5 * 3 + 1)


@pytest.mark.usefixtures("streams")
def test_a_replay_that_was_interrupted_doubles_nothing(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its events are in Kafka, but the next replay does not know that yet."""
    log = write(tmp_path, *LINES)
    monkeypatch.setattr("pilotfish.runtime.progress.ended_attempts", lambda *_: {})
    clickhouse = ClickHouse(settings)
    for _ in range(2):
        replay.publish(
            settings, clickhouse, replay.Log(log, None, skip_bad=False), print
        )
    monkeypatch.undo()

    def counted() -> list[tuple[Any, ...]]:
        return clickhouse.query(
            "SELECT sum(attempts), sum(successes) FROM success_by_approach"
            " WHERE tenant = {t:String}",
            {"t": settings.tenant},
        )

    eventually(counted, [(3, 2)])


def test_nothing_is_published_of_a_log_with_a_broken_line(
    tmp_path: Path, ends: Any
) -> None:
    log = write(tmp_path, *LINES, {"problem": "p"})
    before = ends()
    with pytest.raises(SchemaError, match=r"log\.jsonl, line 5: approach"):
        run(log)
    assert ends() == before


@pytest.mark.usefixtures("streams")
def test_broken_lines_are_skipped_and_told(tmp_path: Path) -> None:
    log = write(tmp_path, {}, *LINES[:2], {"problem": "p"})
    told = run(log, "--skip-bad")
    assert (told["published"], told["skipped_lines"]) == (2, 2)
    assert "approach: Field required (1, the first is line 4)" in told["notes"][0]
    done = CliRunner().invoke(app, ["replay", str(log), "--skip-bad"])
    assert "2 lines skipped" in done.output
    assert "0 attempts published, 2 were replayed before" in done.output
    assert "[/plan]" in done.output


@pytest.mark.usefixtures("streams")
def test_a_pipe_is_replayed_as_a_file(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    text = json.dumps(LINES[:1])
    writing = threading.Thread(target=lambda: pipe.write_text(text))
    writing.start()
    assert run(pipe, "--limit", 3)["published"] == 1
    writing.join()


def test_a_platform_that_is_down_is_one_error(
    settings: Settings, tmp_path: Path
) -> None:
    away = settings.model_copy(update={"clickhouse": "http://127.0.0.1:1"})
    log = replay.Log(write(tmp_path, *LINES), None, skip_bad=False)
    with pytest.raises(UnavailableError):
        replay.publish(away, ClickHouse(away), log, print)
