"""What the README and its pages say is what the commands print and what the code does."""

import importlib.util
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

import pilotfish
from pilotfish.runtime.clickhouse import ClickHouse
from pilotfish.runtime.settings import Settings
from pilotfish.schemas.attempt_log.reader import read_attempts
from pilotfish.testing import MemoryClient

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
MOST_LINES = 170


@pytest.fixture(scope="module")
def readme() -> Iterator[ModuleType]:
    path = ROOT / "benchmarks/readme.py"
    spec = importlib.util.spec_from_file_location("readme", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(path.parent)
        spec.loader.exec_module(module)
        yield module


def blocks(document: str, language: str) -> list[str]:
    text = (ROOT / document).read_text()
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def test_the_readme_is_read_in_a_few_minutes() -> None:
    assert len(README.splitlines()) <= MOST_LINES


def test_measured_parts_are_rendered_from_the_results(readme: ModuleType) -> None:
    for document in readme.DOCUMENTS:
        text = document.read_text()
        assert readme.filled(text) == text, f"run benchmarks/readme.py: {document}"


def test_every_measured_block_is_on_a_page(readme: ModuleType) -> None:
    text = "".join(document.read_text() for document in readme.DOCUMENTS)
    marked = re.findall(r"<!-- (\w+):begin -->\n.+?<!-- \1:end -->", text, re.DOTALL)
    assert sorted(marked) == sorted({*readme.tables.BLOCKS, "sql"})


def test_the_readme_tells_of_missed_goals(readme: ModuleType) -> None:
    rows = re.findall(
        r"^\| (.+?) \| .* \| \*\*no\*\* \|$", readme.tables.bench(), re.MULTILINE
    )
    assert all(goal in README for goal in rows)
    assert f"{len(rows)} are missed" in README


def test_clickhouse_understands_the_questions(
    readme: ModuleType, settings: Settings
) -> None:
    questions = readme.questions()
    assert len(questions) == 10
    for sql in questions.values():
        ClickHouse(settings).query(sql)


def test_the_readme_asks_some_of_these_questions(readme: ModuleType) -> None:
    asked = [sql.strip() for sql in blocks("README.md", "sql")]
    assert asked
    assert set(asked) <= set(readme.questions().values())


def test_the_code_for_agents_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def connect(
        redact: Callable[[str], str] | None = None, **_identity: str
    ) -> MemoryClient:
        clients.append(MemoryClient(redact=redact))
        return clients[-1]

    clients: list[MemoryClient] = []
    monkeypatch.setattr(pilotfish, "connect", connect)
    names: dict[str, object] = {}
    for code in blocks("docs/agents.md", "python"):
        if "while True" not in code:
            exec(code, names)
    written = [event.model_dump_json() for client in clients for event in client.events]
    assert any('"value":1.0' in event for event in written)
    assert not any("ann@example.org" in event for event in written)


def test_the_log_to_replay_is_one(tmp_path: Path) -> None:
    [example] = blocks("docs/operations.md", "json")
    log = tmp_path / "log.jsonl"
    log.write_text(example.replace("\n", " ") + "\n")
    [attempt] = read_attempts(log)
    assert attempt.steps


def test_every_setting_is_explained() -> None:
    page = (ROOT / "docs/operations.md").read_text()
    explained = re.findall(r"^\| `PILOTFISH_(\w+)` \|", page, re.MULTILINE)
    assert explained == [name.upper() for name in Settings.model_fields]
