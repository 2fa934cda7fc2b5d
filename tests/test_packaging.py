"""What packaging and the documents beside the code must keep true."""

import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src/pilotfish"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
FOLDERS = (
    "advisors",
    "consumers",
    "demo",
    "evaluation",
    "infra",
    "runtime",
    "schemas",
    "streams",
    "trainers",
)
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")]
WRITTEN = {"benchmarks/results.md"}
"""By `make bench`, at its first run."""
HOSTS = re.compile(
    r"127\.0\.0\.1|localhost|\w+|.+\.example|(www\.)?apache\.org|keepachangelog\.com"
)
"""Loopback, names without a dot, and what a licence and a changelog refer to."""


def texts() -> Iterator[tuple[str, str]]:
    """Yield name and text of each file that is tracked or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    for name in listed.split("\0"):
        path = ROOT / name
        if name and path.is_file() and not path.is_symlink():
            data = path.read_bytes()
            if b"\0" not in data:
                yield name, data.decode()


def test_every_folder_is_reachable_through_the_namespace() -> None:
    links = {path.name: path for path in SOURCE.iterdir() if path.is_symlink()}
    assert set(links) == set(FOLDERS)
    for name, link in links.items():
        assert link.resolve() == ROOT / name
        assert not link.readlink().is_absolute()


def test_nothing_imports_a_folder_by_its_own_name() -> None:
    banned = PROJECT["tool"]["ruff"]["lint"]["flake8-tidy-imports"]["banned-api"]
    assert set(banned) == set(FOLDERS)
    assert set(FOLDERS) <= set(PROJECT["tool"]["coverage"]["run"]["source"])
    checked = PROJECT["tool"]["pyright"]["include"]
    assert {f"src/pilotfish/{name}" for name in FOLDERS} <= set(checked)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_python_block_compiles(document: Path) -> None:
    text = document.read_text()
    for block in re.findall(r"^```python\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        compile(block, document.name, "exec")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_a_document_names_is_there(document: Path) -> None:
    text = document.read_text()
    linked = re.findall(r"\]\((?!https?://)([^)#]+)[^)]*\)", text)
    assert all((document.parent / target).exists() for target in linked)
    named = re.findall(r"`([\w.-]+/[\w./-]+\.\w+)`", text)
    missing = {name for name in named if not (ROOT / name).exists()} - WRITTEN
    assert [name for name in missing if (ROOT / name.split("/")[0]).is_dir()] == []


def test_no_file_names_a_registry_or_a_place_on_one_machine() -> None:
    home = re.compile(r"(?<![\w.~*])/(?:home|Users)/\w|(?<!\w)/root/")
    for name, text in texts():
        assert str(ROOT) not in text, name
        found = [line for line in text.splitlines() if home.search(line)]
        assert found == [] or name == "tests/test_packaging.py", f"{name}: {found}"
        for url in re.findall(r"https?://[^\s\"'`<>)}\]]+", text):
            host = urlsplit(url).hostname or ""
            known = HOSTS.fullmatch(host) or not host.strip(".")
            assert known or name == "tests/test_packaging.py", f"{name}: {url}"
