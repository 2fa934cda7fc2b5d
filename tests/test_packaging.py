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
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
DECISIONS = (ROOT / "docs/decisions.md").read_text()
WRITTEN = {"benchmarks/results.md"}
"""By `make bench`, at its first run."""
UNDER_WAY = {
    "advisors/advisor.py",
    "runtime/broker.py",
    "runtime/service/loop.py",
}
"""Named by the map a few hours before they come; to be taken out with their arrival."""
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
def test_every_link_leads_somewhere(document: Path) -> None:
    links = re.findall(r"\]\((?!https?://)([^)#]*)#?([^)]*)\)", document.read_text())
    for target, section in links:
        page = document.parent / target if target else document
        assert page.exists(), target
        assert not section or section in sections(page), f"{target}#{section}"


def sections(page: Path) -> list[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return [re.sub(r"[^\w -]", "", text).lower().replace(" ", "-") for text in headings]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_that_a_document_names_is_there(document: Path) -> None:
    text = document.read_text()
    named = re.findall(r"`([\w.-]+/[\w./-]+\.\w+)`", text)
    missing = {name for name in named if not (ROOT / name).exists()}
    missing -= WRITTEN | UNDER_WAY
    assert [name for name in missing if (ROOT / name.split("/")[0]).is_dir()] == []


def test_the_contents_of_the_decisions_are_its_decisions() -> None:
    contents, *parts = DECISIONS.split("\n## ")
    assert 7 <= len(parts) <= 10
    decided = []
    for part in parts:
        summaries = re.findall(r"^\*\*(.+?)\*\*", part, re.MULTILINE)
        assert summaries
        decided += [part.splitlines()[0], *summaries]
    listed = re.findall(r"^(?:- \[|  - )(.+?)(?:\]\(.*\))?$", contents, re.MULTILINE)
    assert listed == decided


def test_every_decision_that_the_code_refers_to_is_there() -> None:
    for name, text in texts():
        flat = re.sub(r"\s+", " ", text)
        for title in re.findall(r'"([^"]+)" in \[?`?(?:docs/)?decisions\.md', flat):
            assert f"**{title}" in DECISIONS, f"{name}: {title}"


def test_the_map_shows_every_room_in_the_order_of_imports() -> None:
    [contract] = [
        contract
        for contract in PROJECT["tool"]["importlinter"]["contracts"]
        if contract["type"] == "layers"
    ]
    arrows = " < ".join(reversed(contract["layers"]))
    assert arrows in (ROOT / "docs/architecture.md").read_text()


def test_make_help_explains_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))
    done = subprocess.run(
        ["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert {line.split()[0] for line in done.stdout.splitlines()} == targets


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
