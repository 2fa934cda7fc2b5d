"""What cannot be written in a home is one error, which names it."""

from pathlib import Path

import pytest

from pilotfish.runtime.folders import require_usable, writes_in
from pilotfish.schemas.errors import ConfigurationError


def test_a_home_is_made_where_it_is_missing(tmp_path: Path) -> None:
    require_usable(tmp_path / "a" / "home")
    assert (tmp_path / "a" / "home").is_dir()


def test_a_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").touch()
    with pytest.raises(ConfigurationError, match="home, which cannot be used: File"):
        require_usable(tmp_path / "home")


def test_a_part_of_a_home_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "kafka").touch()
    with (
        pytest.raises(ConfigurationError, match=r"used: .*/kafka: File exists; name"),
        writes_in(tmp_path),
    ):
        (tmp_path / "kafka").mkdir()


def test_what_fails_elsewhere_is_no_fault_of_the_home(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), writes_in(tmp_path / "home"):
        (tmp_path / "other" / "file").open()
