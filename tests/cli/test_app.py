import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pilotfish._cli.app import app

COMMANDS = (
    "up",
    "prepare",
    "grant",
    "policies",
    "demo",
    "replay",
    "sql",
    "status",
    "doctor",
    "train",
    "advisors list",
    "advisors promote",
    "advisors rollback",
    "dead list",
    "dead replay",
)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    shown = CliRunner().invoke(app, [*command.split(), "--help"])
    assert shown.exit_code == 0
    assert len(shown.output.splitlines()) > 5


def test_help_loads_nothing_heavy() -> None:
    code = "import sys, pilotfish._cli.app; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()
    heavy = {"torch", "transformers", "onnxruntime", "faust", "clickhouse_connect"}
    assert not heavy & set(loaded)


def test_an_expected_error_is_one_line_and_no_traceback(tmp_path: object) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "pilotfish", "replay", "/nowhere.jsonl"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 1
    assert finished.stderr.startswith("pilotfish: cannot read /nowhere.jsonl")
    assert "Traceback" not in finished.stderr


def replayed(file: bytes) -> str:
    finished = subprocess.run(
        [sys.executable, "-m", "pilotfish", "replay", "--json", file],
        env={**os.environ, "PILOTFISH_KAFKA": "nowhere:99999"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 1 and "Traceback" not in finished.stderr
    return finished.stderr


def test_an_argument_that_is_not_utf8_is_shown(tmp_path: Path) -> None:
    file = bytes(tmp_path) + b"/ni\xf1o.jsonl"
    assert "ni?o.jsonl" in replayed(file)
    Path(os.fsdecode(file)).write_text("not JSON\n")
    assert "line 1: Invalid JSON" in replayed(file)


def test_an_unknown_option_is_a_usage_error() -> None:
    assert CliRunner().invoke(app, ["status", "--nonsense"]).exit_code == 2
