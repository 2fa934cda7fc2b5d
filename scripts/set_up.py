"""Sets up a checkout: `python3 scripts/set_up.py`, called by every target of the Makefile.

Standard library only, because nothing is installed yet. Requirements are checked before
anything is done; a second run does nothing unless the lock file changed.
"""

import hashlib
import importlib.util
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOCK = ROOT / "requirements.lock"
STAMP = VENV / "set-up-for"
NEEDED_GB = 10


def main() -> None:
    """Check, make .venv, install what is locked, fetch what the platform runs on."""
    wanted = hashlib.sha256(LOCK.read_bytes()).hexdigest()
    if STAMP.exists() and STAMP.read_text() == wanted:
        return
    complain_if_unmet()
    say("making .venv")
    if not PYTHON.exists():
        run(sys.executable, "-m", "venv", str(VENV))
    say("installing the locked packages (3 GB to fetch, most of it torch)")
    uv = next(line for line in LOCK.read_text().splitlines() if line.startswith("uv=="))
    run(str(PYTHON), "-m", "pip", "install", "--quiet", uv.split()[0])
    install("sync", "--require-hashes", str(LOCK))
    install("install", "--no-deps", "--no-build-isolation", "--quiet", "-e", str(ROOT))
    say("preparing Kafka and the base model")
    run(str(PYTHON), "-m", "pilotfish.infra.embedded.class_archive")
    run(str(PYTHON), "-m", "pilotfish.trainers.base")
    STAMP.write_text(wanted)


def complain_if_unmet() -> None:
    """End with one line for the first requirement that this machine does not meet."""
    free_gb = shutil.disk_usage(str(ROOT)).free / 1e9
    if sys.version_info < (3, 11):  # noqa: UP036 - older ones read this file too
        found = ".".join(map(str, sys.version_info[:3]))
        stop(f"Python 3.11 or newer is needed, not {found}: make PYTHON=python3.12")
    if importlib.util.find_spec("ensurepip") is None:
        stop("this Python has no ensurepip: install the package python3-venv")
    if shutil.which("cc") is None and shutil.which("gcc") is None:
        stop("no C compiler found: install gcc or clang")
    if free_gb < NEEDED_GB:
        stop(f"{free_gb:.0f} GB of disk are free, {NEEDED_GB} are needed")


def install(*arguments: str) -> None:
    """Run `uv pip`, which shows its own progress."""
    run(str(PYTHON), "-m", "uv", "pip", *arguments, "--python", str(PYTHON))


def run(*command: str) -> None:
    """Run a step; its own words explain a failure."""
    if subprocess.call(command):
        stop("set-up failed at: " + " ".join(command))


def say(words: str) -> None:
    """Show which step comes now."""
    sys.stderr.write(f"set-up: {words}\n")
    sys.stderr.flush()


def stop(words: str) -> NoReturn:
    """End with one clear line."""
    sys.stderr.write(f"set-up: {words}\n")
    sys.exit(1)


if __name__ == "__main__":
    main()
