"""What packaging must keep true."""

import re
import tomllib
from pathlib import Path
from urllib.parse import urlsplit

from support.tracked import texts

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
    "strategies",
    "streams",
    "traces",
    "trainers",
    "web",
)
HOSTS = re.compile(
    r"127\.0\.0\.1|localhost|\w+|.+\.example|(www\.)?apache\.org|keepachangelog\.com"
)
"""Loopback, names without a dot, and what a licence and a changelog refer to."""


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
