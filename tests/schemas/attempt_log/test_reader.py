import gzip
import json
from pathlib import Path

import pytest

from pilotfish.schemas.attempt_log.reader import read_attempts
from pilotfish.schemas.errors import ConfigurationError, SchemaError

DATA = Path(__file__).parents[4] / "shared/data"
LINE = {"problem": "1+1?", "approach": "cot", "success": True, "dataset": "x"}


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def test_the_real_logs_are_read_completely() -> None:
    attempts = list(read_attempts(DATA / "intercode_sql.jsonl.gz"))
    assert len(attempts) == 1034 * 4
    react = [a.success for a in attempts if a.approach == "react"]
    assert round(sum(react) / len(react), 3) == 0.587


def test_a_plain_file_is_read_too(tmp_path: Path) -> None:
    path = write(tmp_path / "log.jsonl", json.dumps(LINE))
    assert [a.approach for a in read_attempts(path)] == ["cot"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "Invalid JSON"),
        (json.dumps(LINE | {"success": "perhaps"}), "success"),
        (json.dumps(LINE | {"problem": ""}), "problem"),
        (json.dumps(LINE | {"propensity": 0}), "propensity: .* greater than 0"),
        (json.dumps(LINE | {"propensity": 1.01}), "propensity: .* less than or equal"),
        (json.dumps({"problem": "x"}), "approach"),
    ],
)
def test_a_broken_line_is_named_with_its_reason(
    tmp_path: Path, line: str, message: str
) -> None:
    path = write(tmp_path / "log.jsonl", json.dumps(LINE), line)
    with pytest.raises(SchemaError, match=rf"log.jsonl, line 2: .*{message}"):
        list(read_attempts(path))


def test_unreadable_files_are_named_in_the_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="nowhere"):
        list(read_attempts(tmp_path / "nowhere.jsonl"))
    (tmp_path / "bad.jsonl").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ConfigurationError, match=r"bad\.jsonl"):
        list(read_attempts(tmp_path / "bad.jsonl"))
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(gzip.compress(json.dumps(LINE).encode())[:-9])
    with pytest.raises(ConfigurationError, match=r"cut\.jsonl\.gz"):
        list(read_attempts(cut))
