"""Each import contract fires: a copy of the tree with one forbidden import breaks it."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SEEDS = {
    "rooms point one way": ("schemas/ids.py", "import pilotfish.runtime.retry"),
    "services do not know one another": (
        "consumers/archive/rows.py",
        "import pilotfish.consumers.memory.rows",
    ),
    "only streams.app imports Faust": ("streams/worker.py", "import faust"),
    "the SDK and the messages stay light": (
        "src/pilotfish/_sdk/queue.py",
        "import pilotfish.runtime.clickhouse",
    ),
    "the adapters stand on the SDK alone": (
        "src/pilotfish/integrations/agent_run.py",
        "import pilotfish.streams.labelling",
    ),
    "the SDK imports no framework": (
        "src/pilotfish/_sdk/queue.py",
        "import langchain_core",
    ),
}
"""Contract -> a file, and the import that it may not have."""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in ("src", *(p.name for p in _rooms())):
        shutil.copytree(ROOT / name, tmp_path / name, symlinks=True)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def _rooms() -> Iterator[Path]:
    return (p for p in (ROOT / "src/pilotfish").iterdir() if p.is_symlink())


def lint(root: Path) -> subprocess.CompletedProcess[str]:
    code = "import sys; sys.path.insert(0, 'src'); from importlinter.cli import lint_imports_command as lint; lint()"
    return subprocess.run(
        [sys.executable, "-c", code, "--no-logo", "--no-cache"],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_tree_keeps_all_of_them(copy: Path) -> None:
    done = lint(copy)
    assert done.returncode == 0, done.stdout
    assert all(f"{name} KEPT" in done.stdout for name in SEEDS)


@pytest.mark.parametrize("contract", SEEDS)
def test_a_forbidden_import_breaks_it(copy: Path, contract: str) -> None:
    path, line = SEEDS[contract]
    with (copy / path).open("a") as file:
        file.write(f"\n{line}\n")
    done = lint(copy)
    assert done.returncode == 1
    assert f"{contract} BROKEN" in done.stdout
