"""An archive as a file: what is written is read, and nothing else is."""

import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from support.strategy_archives import AT, two_ways

from pilotfish._cli import strategy_file
from pilotfish.schemas.errors import ConfigurationError


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "known.zip"
    strategy_file.write(path, two_ways(), "a page")
    assert strategy_file.read(path) == two_ways()
    with zipfile.ZipFile(path) as file:
        assert file.namelist() == ["strategies.json", "README.md"]
        assert file.read("README.md") == b"a page"


def test_equal_archives_are_equal_files(tmp_path: Path) -> None:
    first, second = tmp_path / "1.zip", tmp_path / "2.zip"
    strategy_file.write(first, two_ways(), "")
    strategy_file.write(second, two_ways(), "")
    assert first.read_bytes() == second.read_bytes()
    later = two_ways().model_copy(update={"exported_at": AT + timedelta(days=1)})
    strategy_file.write(second, later, "")
    assert first.read_bytes() != second.read_bytes()


def test_counts_add_up_over_models() -> None:
    assert two_ways().counted("g-sums", "look") == (30, 27)
    assert two_ways().counted("g-sums", "nothing") == (0, 0)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"not a zip", "no archive"),
        (None, "no archive"),
        ({"other.json": "{}"}, "no archive"),
        ({"strategies.json": "{}"}, "tenant: Field required"),
        ({"strategies.json": "{"}, "Invalid JSON"),
    ],
)
def test_what_is_no_archive_is_said(
    tmp_path: Path, data: bytes | dict[str, str] | None, says: str
) -> None:
    path = tmp_path / "known.zip"
    if isinstance(data, dict):
        with zipfile.ZipFile(path, "w") as file:
            for name, text in data.items():
                file.writestr(name, text)
    elif data is not None:
        path.write_bytes(data)
    with pytest.raises(ConfigurationError, match=says):
        strategy_file.read(path)


def test_an_archive_of_the_future_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "known.zip"
    newer = two_ways().model_dump_json().replace('"layout":1', '"layout":2')
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(strategy_file.DATA, newer)
    with pytest.raises(ConfigurationError, match="layout"):
        strategy_file.read(path)


def test_a_bomb_is_not_unpacked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "known.zip"
    monkeypatch.setattr(strategy_file, "MOST_BYTES", 1000)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(strategy_file.DATA, " " * 1_000_000)
    with pytest.raises(ConfigurationError, match="more than 1000 bytes"):
        strategy_file.read(path)


def test_a_folder_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot write"):
        strategy_file.write(tmp_path / "no" / "known.zip", two_ways(), "")
