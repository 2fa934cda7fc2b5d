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
    "serve",
    "mcp",
    "demo",
    "replay",
    "import",
    "sql",
    "status",
    "doctor",
    "train",
    "advisors list",
    "advisors promote",
    "advisors rollback",
    "dead list",
    "dead replay",
    "strategies list",
    "strategies explain",
    "strategies rename",
    "strategies merge",
    "strategies retire",
    "strategies offer",
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
        env={**os.environ, "PILOTFISH_KAFKA": "nowhere:9999"},
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


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("CLICKHOUSE", "127.0.0.1:28123", "needs its scheme, http or https"),
        ("CLICKHOUSE", "localhost", "needs its scheme, http or https"),
        ("CLICKHOUSE", "ftp://localhost", "needs its scheme, http or https"),
        ("CLICKHOUSE", "http://", "must have a host"),
        ("CLICKHOUSE", "http://localhost:99999", "a port from 1 to 65535"),
        ("KAFKA", "kafka://127.0.0.1:29092", "HOST:PORT without a scheme"),
        ("KAFKA", "127.0.0.1:many", "HOST:PORT without a scheme"),
        ("KAFKA", "", "HOST:PORT without a scheme"),
        ("HOLDOUT", "7", "less than or equal to 1"),
        ("HOME", "/proc/version", "name a folder in which this user may write"),
        ("KAFKA", "127.0.0.1:65535", "would need port 65536"),
        ("KAFKA", "127.0.0.1:1,127.0.0.1:2", "on this machine only"),
        ("KAFKA", "192.0.2.1:9092", "on this machine only"),
        ("HTTP_HOST", "0.0.0.0", "set PILOTFISH_HTTP_TOKEN"),
        ("HTTP_TOKEN", "short", "a token is too short"),
        ("HTTP_PORT", "0", "greater than or equal to 1"),
    ],
)
def test_a_setting_that_cannot_be_used_is_one_line_that_names_it(
    tmp_path: Path, name: str, value: str, said: str
) -> None:
    finished = subprocess.run(
        [sys.executable, "-m", "pilotfish", "up"],
        env=os.environ | {"PILOTFISH_HOME": str(tmp_path), f"PILOTFISH_{name}": value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 1
    [line] = finished.stderr.strip().splitlines()
    assert line.startswith("pilotfish: ") and said in line
    assert f"PILOTFISH_{name}" in line or "65536" in line
