"""`pilotfish doctor`: checks everything that pilotfish depends on."""

import importlib.metadata
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import typer

from pilotfish._cli.output import JsonFlag, print_json
from pilotfish.runtime.console import console, plain
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import PilotfishError, RequirementError

PACKAGES = (
    "confluent-kafka",
    "faust-streaming",
    "clickhouse-connect",
    "onnxruntime",
    "torch",
    "transformers",
    "peft",
    "deepspeed",
)
_NEEDED_GB = 2


def doctor(as_json: JsonFlag = False) -> None:
    """Check all dependencies and say what to do. Exit status 1 if a check fails."""
    settings = Settings()
    checks: dict[str, Callable[[], str]] = {
        "python": _python,
        **{name: lambda name=name: _installed(name) for name in PACKAGES},  # type: ignore[misc]
        "disk": lambda: _disk(settings.home),
        "c compiler": _compiler,
        "kafka": lambda: _kafka(settings),
        "clickhouse": lambda: _clickhouse(settings),
        "model store": lambda: _model_store(settings),
    }
    results = [_run(name, check) for name, check in checks.items()]
    if as_json:
        print_json(results)
    else:
        for result in results:
            mark = plain("ok  ", "green") if result["ok"] else plain("FAIL", "red")
            console.print(mark, f"{result['check']:<20} {result['says']}")
    raise typer.Exit(0 if all(result["ok"] for result in results) else 1)


def _run(name: str, check: Callable[[], str]) -> dict[str, str | bool]:
    try:
        return {"check": name, "ok": True, "says": check()}
    except PilotfishError as error:
        return {"check": name, "ok": False, "says": str(error)}


def _python() -> str:
    return sys.version.split()[0]


def _installed(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        raise RequirementError(
            "not installed: run `make setup` in a checkout, "
            "or pip install 'pilotfish[services,train]'"
        ) from None


def _disk(home: Path) -> str:
    existing = next(path for path in (home, *home.parents) if path.exists())
    free_gb = shutil.disk_usage(existing).free / 1e9
    if free_gb < _NEEDED_GB:
        raise RequirementError(
            f"{free_gb:.1f} GB free at {home}, {_NEEDED_GB} GB are needed: "
            "free some space, or set PILOTFISH_HOME to another folder"
        )
    return f"{free_gb:.0f} GB free at {home}"


def _compiler() -> str:
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        raise RequirementError("not found: DeepSpeed needs one; install gcc or clang")
    return compiler


def _kafka(settings: Settings) -> str:
    from pilotfish.runtime.kafka import missing_topics

    missing = missing_topics(settings)
    if missing:
        raise RequirementError(
            f"{settings.kafka} answers but lacks {', '.join(missing)}: "
            "start the platform with `pilotfish up`"
        )
    return f"{settings.kafka} answers and has all topics"


def _clickhouse(settings: Settings) -> str:
    from pilotfish.runtime.clickhouse import ClickHouse

    ((version,),) = ClickHouse(settings).query("SELECT version()")
    return f"{settings.clickhouse} answers, version {version}"


def _model_store(settings: Settings) -> str:
    from pilotfish.advisors.store import ModelStore

    base = ModelStore(settings.models).base()
    return f"{settings.models} holds the base advisor {base.card.version}"
