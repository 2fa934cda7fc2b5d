"""The base advisor: the pretrained encoder with a fast head that knows nothing yet.

Imports nothing heavy, because every start of the platform asks for it: what makes the
bundle comes in only where it was never made on this machine, in a process of its own.
"""

import hashlib
import shutil
import signal
import tempfile
from collections.abc import Callable
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path

from pilotfish.advisors.bundle import Bundle
from pilotfish.advisors.head import FastHead
from pilotfish.advisors.store import BASE_TENANT, ModelStore
from pilotfish.runtime.folders import CACHE
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.errors import RequirementError
from pilotfish.trainers.wheels import locate

_CACHE = CACHE / "models"
_FORMAT = 4
"""Raise it when the same model would be exported differently: old caches are left."""


def ensure_base(
    settings: Settings,
    cache: Path = _CACHE,
    report: Callable[[str], object] = lambda _: None,
) -> Bundle:
    """Return the base bundle of the model store; make it where it is missing.

    Making it takes some seconds, once a machine and base model: it is kept in `cache`,
    and copied from there into stores. `report` hears of slow steps.

    Raises:
        ConfigurationError: the base model of the settings is not here.
        RequirementError: it cannot be fetched, or needs torch, which is not installed.
        BundleError: the bundle in the store or in the cache is damaged.
    """
    version = _version(settings.base_model, report)
    store = ModelStore(settings.models)
    cached = ModelStore(cache).path(BASE_TENANT, version)
    placed = store.path(BASE_TENANT, version)
    if not placed.exists():
        if not cached.exists():
            report("preparing the base model (some seconds, once)")
            _build_apart(settings.base_model, version, cached)
        _place(cached, placed)
    placed.touch()  # `ModelStore.base` takes the newest
    return store.bundle(BASE_TENANT, version)


def _build_apart(name: str, version: str, target: Path) -> None:
    """Build in a process of its own: `pilotfish up` would keep its memory forever.

    The process ends with the call, also where the call is interrupted.
    """
    context = get_context("spawn")
    answers, sender = context.Pipe(duplex=False)
    job = (sender, name, version, target)
    process = context.Process(target=_build, args=job, daemon=True)
    process.start()
    sender.close()
    try:
        problem: Exception | None = answers.recv()
    except EOFError:
        problem = RequirementError(
            "the process that prepares the base model was killed, perhaps for want of "
            "memory: free some, and try again"
        )
    finally:
        process.kill()
        process.join()
        answers.close()
    if problem is not None:
        raise problem


def _build(answer: Connection, name: str, version: str, target: Path) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C
    from pilotfish.trainers.base_build import build

    try:
        build(name, version, target)
    except Exception as error:  # noqa: BLE001 - raised by the parent
        answer.send(error)
    else:
        answer.send(None)


def _version(name: str, report: Callable[[str], object]) -> str:
    """Name the model's files as they are now, without reading all of them."""
    place = locate(name, report=report)
    files = [place] if place.is_file() else sorted(place.glob("*.*"))
    stamps = [f"{file.name}:{file.stat().st_size}" for file in files if file.is_file()]
    digest = hashlib.sha256("\n".join([str(_FORMAT), name, *stamps]).encode())
    digest.update(FastHead(1).to_bytes())  # another format of the head, another bundle
    return f"{Path(name).name}-{digest.hexdigest()[:8]}"


def _place(source: Path, target: Path) -> None:
    """Copy a bundle in one step: a reader sees all of it or nothing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".base-") as folder:
        copy = Path(folder) / "bundle"
        shutil.copytree(source, copy)
        try:
            copy.rename(target)
        except OSError:
            # Somebody else placed the same bundle a moment ago.
            if not target.exists():
                raise


if __name__ == "__main__":
    ensure_base(Settings(), report=print)
