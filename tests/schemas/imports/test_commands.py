import pytest

from pilotfish.schemas.imports.commands import runs_tests


@pytest.mark.parametrize(
    "command",
    [
        "pytest -q",
        "cd shop && .venv/bin/pytest -q tests 2>&1",
        "uv run python3 -m pytest x",
        "PYTHONPATH=. timeout 60 pytest",
        "npm test",
        "npx vitest run",
        "go test ./...",
        "cargo test --all",
        "./gradlew :app:test",
        "make -j4 check",
    ],
)
def test_a_test_run_is_known(command: str) -> None:
    assert runs_tests(command)


@pytest.mark.parametrize(
    "command",
    [
        "",
        "grep pytest x",
        "git commit -m 'make test'",
        "cat pytest.ini",
        "pytest | tail -3",
        "pytest; echo done",
        "pytest || true",
        "pytest &",
        "ls | wc && pytest",
        "pytest\necho done",
        "echo $(pytest)",
    ],
)
def test_what_tells_nothing_of_tests_is_no_evidence(command: str) -> None:
    assert not runs_tests(command)
