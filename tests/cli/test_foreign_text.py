"""Brackets, colons and control characters go through every command that prints data."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from support.advice.tiny import tiny_bundle
from typer.testing import CliRunner

import pilotfish
from pilotfish._cli import advisors, doctor, forget
from pilotfish._cli.app import app
from pilotfish.advisors.store import BASE_TENANT
from pilotfish.consumers.memory.problem_vectors import ProblemVectors
from pilotfish.runtime import console as module
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.base import utc_now
from pilotfish.schemas.errors import PilotfishError
from pilotfish.schemas.ids import new_id

ODD: Final = "[INST] [/plan] [bold] :smile: \x1b[2J"
SHOWN: Final = "[INST] [/plan] [bold] :smile: \\x1b[2J"


@pytest.fixture(autouse=True)
def wide(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in settings.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("COLUMNS", "2000")


def run(*arguments: str) -> str:
    done = CliRunner().invoke(app, list(arguments), input="y\n")
    error = done.exception
    if error is not None and not isinstance(error, PilotfishError | SystemExit):
        raise error
    return f"{done.output}{error or ''}"


def insert(settings: Settings, table: str, **row: object) -> None:
    row = {"tenant": settings.tenant, **row}
    ClickHouse(settings).insert(table, list(row), [list(row.values())])


def test_sql() -> None:
    quoted = ODD.replace("\\", "\\\\")
    output = run("sql", f"SELECT '{quoted}' AS a, 'list[int] df[col]' AS `[/b]`")
    assert SHOWN in output and "list[int] df[col]" in output and "[/b]" in output


def test_dead_list(settings: Settings) -> None:
    where = {"topic": "pilotfish.events", "source_offset": 2**40, "service": "[/s]"}
    insert(settings, "dead_letters", at=utc_now(), value=ODD, reason=ODD, **where)
    assert run("dead", "list", "--limit", "1000").count(SHOWN) == 2


def test_labels_explain(settings: Settings) -> None:
    voted = {"version": 1, "ended": True, "status": "[/s]", "labeller": "[/l]"}
    insert(
        settings,
        "attempts",
        attempt_id="[/a]",
        votes={ODD: 1.0},
        last_event_at=utc_now(),
        abstained=ODD,
        **voted,
    )
    output = run("labels", "explain", "[/a]")
    assert output.startswith("[/a] ended [/s]; its label (version 1 by [/l])")
    assert output.count(SHOWN) == 2
    assert "no attempt [/b]" in run("labels", "explain", "[/b]")


def test_hints_explain(settings: Settings) -> None:
    insert(
        settings,
        "hints",
        request_id="[/r]",
        at=utc_now(),
        text=ODD,
        kind="[/k]",
        candidates=[("[/plan]", 0.5, 1.0)],
    )
    output = run("hints", "explain", "[/r]")
    assert SHOWN in output and "[/k]" in output and "[/plan]  " in output
    assert "no hint [/b]" in run("hints", "explain", "[/b]")


def test_memory_search(settings: Settings) -> None:
    tiny_bundle(settings.models, BASE_TENANT, "tiny-1")
    insert(
        settings,
        "memory",
        attempt_id="[/a]",
        problem=ODD,
        problem_type="[/t]",
        approach="[/p]",
        actions=["[/x]"],
        embedder=ProblemVectors.of(settings).name,
        embedding=[0.05] * 384,
        at=utc_now(),
    )
    output = run("memory", "search", "--words", "INST")
    assert SHOWN in output
    assert all(text in output for text in ("[/a]", "[/t]", "[/p]", "[/x]"))


def test_strategies(settings: Settings) -> None:
    said = {"name": ODD, "instruction": ODD, "moves": [ODD], "reason": ODD}
    insert(settings, "strategies", strategy="[/s]", standing="offered", **said)
    output = run("strategies", "explain", "[/s]")
    assert output.count(SHOWN) == 4 and "([/s])" in output
    assert SHOWN in run("strategies", "list")
    assert "no strategy [/b]" in run("strategies", "retire", "[/b]")


def test_advisors(settings: Settings) -> None:
    insert(
        settings,
        "trainings",
        training_id=new_id(),
        version="[/v]",
        verdict="refused",
        reason=ODD,
        started_at=utc_now(),
        status="finished",
    )
    output = run("advisors", "list")
    assert "[/v]" in output and SHOWN in output
    tiny_bundle(settings.models, settings.tenant, "v1")
    assert "v1 goes into service" in run("advisors", "promote", "v1", "--reason", ODD)
    assert f": {SHOWN}" in run("advisors", "list")
    assert "v1" in run("advisors", "rollback", "--reason", ODD)


def test_forget(monkeypatch: pytest.MonkeyPatch) -> None:
    def forgets(_: object, subject: object, now: Callable[[str], object]) -> Any:
        now(f"waiting for {subject}")
        return {ODD: 1}

    monkeypatch.setattr("pilotfish.consumers.forget.forgetting.forget", forgets)
    output = run("forget", "--attempt", ODD, "--tenant", "[/t]")
    assert f"attempt {SHOWN} of tenant [/t] is forgotten" in output
    assert output.count(SHOWN) == 2
    assert "tenant [/t]" in run("forget", "--tenant", "[/t]")


def test_status_and_doctor(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PILOTFISH_TENANT", "[/t]")
    monkeypatch.setenv("PILOTFISH_HOME", str(tmp_path / "[bold]home[/x]"))
    assert "[/t]" in run("status")
    monkeypatch.setattr(doctor, "_version", lambda _: None)
    monkeypatch.setattr(pilotfish, "__file__", str(tmp_path / "no" / "checkout.py"))
    said = run("doctor")
    assert "[bold]home[/x]" in said and "'pilotfish[services]'" in said


def test_evaluate_and_replay(tmp_path: Path) -> None:
    name = "[bold]log[red].jsonl"
    (tmp_path / name).write_text(
        '{"problem": "p", "approach": "[/a]", "cost": "x"}\n{}'
    )
    for command in ("evaluate", "replay"):
        assert f"{name}, line 2: problem" in run(command, str(tmp_path / name))
    assert f"{name}: 1 line skipped" in run(
        "evaluate", str(tmp_path / name), "--skip-bad"
    )
    assert "[y]" in run("replay", str(tmp_path / "[y]"))


def test_what_typer_says_of_wrong_arguments() -> None:
    assert "No such command '[/x]'" in run("[/x]")


def test_modules_with_a_console_use_this_one() -> None:
    assert advisors.console is forget.console is doctor.console is module.console
