"""What the documents say of files, decisions, rooms and targets is so."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from support.tracked import texts

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
DOCUMENTS = [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]
DECISIONS = (ROOT / "docs/decisions.md").read_text()
WRITTEN = {"benchmarks/results.md"}
"""By `make bench`, at its first run."""


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
    missing -= WRITTEN
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


def test_the_glossary_names_what_is_there() -> None:
    glossary = (ROOT / "CONTRIBUTING.md").read_text().split("## Glossary")[1]
    words = re.findall(r"^\| (.+?) \|", glossary, re.MULTILINE)
    assert len(words) >= 30
    classes = re.findall(r"`(\w+)`", " ".join(words))
    code = "\n".join(text for name, text in texts() if name.endswith(".py"))
    missing = [
        name
        for name in classes
        if not re.search(rf"^class {name}\b", code, re.MULTILINE)
    ]
    assert missing == []


def test_make_help_explains_every_target() -> None:
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([\w-]+):", makefile, re.MULTILINE))
    done = subprocess.run(
        ["make", "--no-print-directory", "help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert {line.split()[0] for line in done.stdout.splitlines()} == targets
