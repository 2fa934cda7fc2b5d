"""Set-up says in one line what a machine lacks, before it has done anything."""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts/set_up.py", tmp_path / "scripts")
    shutil.copy(ROOT / "requirements.lock", tmp_path)
    return tmp_path


def set_up(checkout: Path, path: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, checkout / "scripts/set_up.py"],
        env={"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )


def test_without_a_compiler_nothing_is_begun(checkout: Path) -> None:
    done = set_up(checkout, str(checkout))
    assert done.returncode == 1
    assert done.stderr == "set-up: no C compiler found: install gcc or clang\n"
    assert not (checkout / ".venv").exists()


def test_too_little_disk_is_said(checkout: Path) -> None:
    script = checkout / "scripts/set_up.py"
    script.write_text(script.read_text().replace("NEEDED_GB = 10", "NEEDED_GB = 10**9"))
    compiler = Path(shutil.which("cc") or shutil.which("gcc") or "").parent
    done = set_up(checkout, str(compiler))
    assert done.returncode == 1
    assert "GB of disk are free, 1000000000 are needed" in done.stderr
    assert not (checkout / ".venv").exists()


def test_a_second_run_does_nothing_unless_the_lock_changed(checkout: Path) -> None:
    (checkout / ".venv").mkdir()
    lock = checkout / "requirements.lock"
    stamp = checkout / ".venv/set-up-for"
    stamp.write_text(hashlib.sha256(lock.read_bytes()).hexdigest())
    done = set_up(checkout, "")
    assert (done.returncode, done.stderr) == (0, "")
    lock.write_text(lock.read_text() + "# changed\n")
    assert "no C compiler" in set_up(checkout, "").stderr
