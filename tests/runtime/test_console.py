"""Text from outside is printed as it is, wherever Rich reads markup."""

import ast
import io
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.panel import Panel
from rich.table import Table

from pilotfish.runtime import console as module
from pilotfish.runtime.console import PlainConsole, plain, progress_bar, waiting

ROOT = Path(__file__).parents[2]
ROOMS = (
    "runtime",
    "evaluation",
    "demo",
    "consumers",
    "streams",
    "traces",
    "trainers",
    "infra",
    "web",
)
ODD = (
    "[INST] hi [/INST]",
    "[/x]",
    "list[int] df[col]",
    ":smile: [bold red]",
    "[[/]]",
    "\\[x]",
)


@pytest.fixture
def console(monkeypatch: pytest.MonkeyPatch) -> PlainConsole:
    monkeypatch.setenv("TERM", "xterm")
    made = PlainConsole(width=200)
    made.file = io.StringIO()
    monkeypatch.setattr(module, "console", made)
    return made


def shown(console: PlainConsole) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


@pytest.mark.parametrize("text", ODD)
def test_text_is_not_markup(console: PlainConsole, text: str) -> None:
    console.print(text)
    console.print("before", text)
    table = Table(text, title=text)
    table.add_row(text)
    console.print(table)
    console.print(Panel(text, title=plain(text)))
    assert shown(console).count(text) == 7


@pytest.mark.parametrize("text", ODD)
def test_what_is_waited_for_is_not_markup(console: PlainConsole, text: str) -> None:
    console._force_terminal = console.is_interactive = True
    with waiting(text) as now:
        now(f"{text} {text}")
    with progress_bar() as bar:
        bar.add_task(text, total=1)
    assert text in shown(console)


def test_control_characters_are_made_visible(console: PlainConsole) -> None:
    console.print("\x1b]0;title\x07 \x1b[2J \x9b1m", plain("\x1b[31m"))
    table = Table("x")
    table.add_row("a\x1b[0m\tb")
    console.print(table)
    assert "\x1b" not in shown(console) and "\x9b" not in shown(console)
    assert shown(console).startswith("\\x1b]0;title\\x07 \\x1b[2J \\x9b1m \\x1b[31m\n")


def test_half_characters_and_turned_text_are_made_visible(
    console: PlainConsole,
) -> None:
    console.print("bl\udce9.jsonl", plain("cut \ud83d"), "\u202etxt.exe")
    assert shown(console) == "bl\\udce9.jsonl cut \\ud83d \\u202etxt.exe\n"


def modules() -> Iterator[Path]:
    for folder in (*(ROOT / room for room in ROOMS), ROOT / "src/pilotfish"):
        for path in folder.rglob("*.py"):
            if path.resolve() != ROOT / "runtime/console.py":
                yield path


def calls(tree: ast.Module) -> Iterator[tuple[str, ast.Call]]:
    """Yield the calls of what comes from Rich, and those of methods by `.name`."""
    rich = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("rich")
        for alias in node.names
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            if node.func.id in rich:
                yield node.func.id, node
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield f".{node.func.attr}", node


def test_nobody_else_makes_what_reads_markup_whatever_the_console_says() -> None:
    forbidden = {"Console", "Progress", "track", "escape", ".from_markup"}
    looked_at = 0
    for path in modules():
        for name, call in calls(ast.parse(path.read_text())):
            looked_at += 1
            where = f"{path.relative_to(ROOT)}, line {call.lineno}"
            assert name not in forbidden, where
            if name == ".status":
                assert ast.unparse(call.func) != "console.status", where
            if name == "Panel":
                titles = [word.value for word in call.keywords if word.arg == "title"]
                assert all(isinstance(title, ast.Call) for title in titles), where
    assert looked_at > 1000
