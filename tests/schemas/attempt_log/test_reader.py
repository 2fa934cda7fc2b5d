import gzip
import json
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from pilotfish.schemas.attempt_log.findings import Findings
from pilotfish.schemas.attempt_log.reader import read_attempts
from pilotfish.schemas.errors import (
    ConfigurationError,
    RequirementError,
    SchemaError,
)

DATA = Path(__file__).parents[4] / "shared/data"
LINE = {"problem": "1+1?", "approach": "cot", "success": True, "dataset": "x"}


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def test_the_real_logs_are_read_completely() -> None:
    attempts = list(read_attempts(DATA / "intercode_sql.jsonl.gz"))
    assert len(attempts) == 1034 * 4
    react = [a.outcome for a in attempts if a.approach == "react"]
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


TEXT = "".join(
    json.dumps(LINE | {"problem": problem}, ensure_ascii=False) + "\n"
    for problem in ("1+1?", "2 × 2 😀?")
)


PACKED: dict[str, Callable[[str], bytes]] = {
    "plain": str.encode,
    "with a mark": lambda text: text.encode("utf-8-sig"),
    "of Windows": lambda text: text.replace("\n", "\r\n").encode(),
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16, no mark": lambda text: text.encode("utf-16-le"),
    "UTF-16, the other way round": lambda text: text.encode("utf-16-be"),
    "UTF-32": lambda text: text.encode("utf-32"),
    "gzip": lambda text: gzip.compress(text.encode()),
    "UTF-16 in gzip": lambda text: gzip.compress(text.encode("utf-16")),
    "gzips put together": lambda text: b"".join(
        map(gzip.compress, text.encode().splitlines(keepends=True))
    ),
}


@pytest.mark.parametrize("packed", PACKED)
@pytest.mark.parametrize("name", ["log.jsonl", "log.gz", "log"])
def test_a_file_is_read_by_its_bytes_whatever_its_name(
    tmp_path: Path, packed: str, name: str
) -> None:
    path = tmp_path / name
    path.write_bytes(PACKED[packed](TEXT))
    findings = Findings()
    problems = [attempt.problem for attempt in read_attempts(path, findings)]
    assert problems == ["1+1?", "2 × 2 😀?"]
    assert findings.sentences() == []


def test_a_pipe_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writing = threading.Thread(target=lambda: pipe.write_bytes(TEXT.encode()))
    writing.start()
    assert len(list(read_attempts(pipe))) == 2
    writing.join()


@pytest.mark.parametrize(
    ("magic", "says"),
    [
        (b"PK\x03\x04", "zip archive: unpack it first"),
        (b"\x28\xb5\x2f\xfd", "zstd: unpack it first"),
        (b"BZh91AY", "bzip2: unpack it first"),
        (b"\xfd7zXZ\x00", "xz: unpack it first"),
        (b"PAR1 and no more", "cannot read"),
    ],
)
def test_what_cannot_be_read_is_one_line_that_says_what_to_do(
    tmp_path: Path, magic: bytes, says: str
) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(magic)
    with pytest.raises(ConfigurationError, match=says) as error:
        list(read_attempts(path))
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


def test_parquet_is_read_where_pyarrow_is(tmp_path: Path) -> None:
    pa, pq = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    rows = [
        LINE | {"cost": 0.5, "success": None, "steps": [{"kind": "plan", "cost": 1.0}]},
        LINE | {"cost": float("nan"), "success": 0.25, "problem": None},
        LINE | {"success": 1.0, "steps": []},
    ]
    path = tmp_path / "log.bin"
    pq.write_table(pa.Table.from_pylist(rows), path)
    findings = Findings()
    first, last = read_attempts(path, findings, skip_bad=True)
    assert (first.cost, first.success, first.steps[0].cost) == (0.5, None, 1.0)
    assert (last.cost, last.success) == (None, 1.0)
    [told] = findings.sentences()
    assert "problem: Field required (1, the first is row 2)" in told


def test_without_pyarrow_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    path = tmp_path / "log.parquet"
    path.write_bytes(b"PAR1")
    with pytest.raises(
        RequirementError, match=r"pip install pyarrow, or .* JSON lines"
    ):
        list(read_attempts(path))


def test_skipped_lines_are_counted_and_told_with_the_reason(tmp_path: Path) -> None:
    good = json.dumps(LINE)
    path = write(tmp_path / "log", "[", "{}", good, "{}", '{"a', good, "]", "7")
    findings = Findings()
    assert len(list(read_attempts(path, findings, skip_bad=True))) == 2
    assert findings.skipped_lines == 4
    [told] = findings.sentences()
    assert told.startswith("4 lines skipped: problem: Field required (2, the first is")
    assert "Invalid JSON: the object does not end (1, the first is line 5)" in told
    assert "(1, the first is line 8)" in told


def test_an_odd_field_costs_the_field_and_is_told(tmp_path: Path) -> None:
    odd = LINE | {"cost": "$0.01", "model": "m", "steps": [{"kind": "?"}]}
    path = write(tmp_path / "log", json.dumps(LINE | {"cost": 1}), json.dumps(odd))
    findings = Findings()
    first, second = read_attempts(path, findings)
    assert (first.cost, second.cost, second.model, second.steps) == (1, None, "m", ())
    [told] = findings.sentences()
    assert told.startswith("2 values left out or mended: cost: Input should")
    assert "steps.kind: Input should" in told and told.count("line 2") == 2
