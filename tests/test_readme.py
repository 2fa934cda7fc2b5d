"""What the README says is what the commands printed."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def readme() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "readme", ROOT / "benchmarks/readme.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_measured_parts_are_rendered_from_the_results(readme: ModuleType) -> None:
    text = (ROOT / "README.md").read_text()
    assert readme.filled(text) == text
    assert "not measured" not in text


def test_clickhouse_understands_the_questions(
    readme: ModuleType, settings: Settings
) -> None:
    questions = readme.questions()
    assert len(questions) == 8
    for sql in questions.values():
        ClickHouse(settings).query(sql)
