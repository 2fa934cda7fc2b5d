"""The wheel has every module of the tree, built from the checkout and from the sdist."""

import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src/pilotfish"
DATA = {".sql", ".tsv", ".properties", ".xml", ".json", ".typed"}
DATA |= {".html", ".css", ".js"}
BUILD = """
import sys
from setuptools import build_meta
print(getattr(build_meta, "build_" + sys.argv[1])(sys.argv[2]))
"""


def tree() -> set[str]:
    """Return the modules and the data that the links lead to, as a wheel names them.

    What is deployed beside the code, as images and charts, is not in a wheel.
    """
    return {
        str(Path("pilotfish", path.relative_to(SOURCE)))
        for path in _files(SOURCE)
        if (path.suffix == ".py" or path.suffix in DATA) and "deploy" not in path.parts
    }


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name == "__pycache__":
            continue
        if path.is_dir():
            yield from _files(path)
        else:
            yield path


def build(kind: str, source: Path, into: Path) -> Path:
    into.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", BUILD, kind, str(into)],
        cwd=source,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return into / done.stdout.splitlines()[-1]


def contents(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as archive:
        return {name for name in archive.namelist() if ".dist-info/" not in name}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of what is tracked or about to be, with its links as links."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    copy = tmp_path / "checkout"
    for name in filter(None, listed.split("\0")):
        if not name.startswith("tests/") and (ROOT / name).exists():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, copy / name, follow_symlinks=False)
    return copy


def test_the_wheel_is_the_tree(checkout: Path, tmp_path: Path) -> None:
    assert contents(build("wheel", checkout, tmp_path / "wheel")) == tree()


def test_a_wheel_made_from_the_sdist_is_the_tree(
    checkout: Path, tmp_path: Path
) -> None:
    sdist = build("sdist", checkout, tmp_path / "sdist")
    with tarfile.open(sdist) as archive:
        archive.extractall(tmp_path / "unpacked", filter="data")
    [source] = (tmp_path / "unpacked").iterdir()
    assert contents(build("wheel", source, tmp_path / "wheel")) == tree()


def test_a_lost_link_does_not_go_unnoticed(checkout: Path, tmp_path: Path) -> None:
    """As where git wrote a link's target into a plain file."""
    (checkout / "src/pilotfish/streams").unlink()
    (checkout / "src/pilotfish/streams").write_text("../../streams")
    assert contents(build("wheel", checkout, tmp_path / "wheel")) != tree()
