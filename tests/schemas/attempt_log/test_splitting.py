"""The same objects come out of every layout, and a broken one costs no other."""

import io
import json
import tracemalloc
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pilotfish.schemas.attempt_log import splitting
from pilotfish.schemas.attempt_log.splitting import Json, NoJson, split

texts = st.text(st.sampled_from('ab{}[]",:\\\n é😀'), max_size=8)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3)
    ),
    max_leaves=6,
)
objects = st.lists(st.dictionaries(texts, values, max_size=4), max_size=5)

LAYOUTS: dict[str, Callable[[list[dict[str, object]]], str]] = {
    "lines": lambda all_: "\n".join(map(json.dumps, all_)),
    "lines of Windows, with blank ones": lambda all_: "\r\n\r\n".join(
        map(json.dumps, all_)
    ),
    "commas between lines": lambda all_: ",\n".join(map(json.dumps, all_)),
    "no space between": lambda all_: "".join(map(json.dumps, all_)),
    "a text sequence": lambda all_: "".join(f"\x1e{json.dumps(one)}\n" for one in all_),
    "zeros of a power cut": lambda all_: "\0\0\n".join(map(json.dumps, all_)),
    "an array": json.dumps,
    "an array as it is printed": lambda all_: json.dumps(all_, indent=2),
    "an array without indents": lambda all_: json.dumps(all_, indent=0),
    "objects as they are printed": lambda all_: "\n".join(
        json.dumps(one, indent=4) for one in all_
    ),
    "letters as they are": lambda all_: "\n".join(
        json.dumps(one, ensure_ascii=False) for one in all_
    ),
}


def read(text: str) -> list[Json | NoJson]:
    return list(split(io.StringIO(text, newline=None)))


@given(objects, st.sampled_from(sorted(LAYOUTS)))
def test_every_layout_gives_the_same_objects(
    all_: list[dict[str, object]], layout: str
) -> None:
    assert [piece[1] for piece in read(LAYOUTS[layout](all_))] == all_


@given(objects, st.sampled_from(sorted(LAYOUTS)), st.integers(1, 40))
def test_lines_may_be_read_in_pieces(
    all_: list[dict[str, object]], layout: str, size: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(splitting, "_PIECE", size)
        assert [piece[1] for piece in read(LAYOUTS[layout](all_))] == all_


@given(st.text(st.sampled_from('{}[]",:\\\n a1')))
def test_any_text_is_objects_or_reasons(text: str) -> None:
    for piece in read(text):
        assert isinstance(piece, Json | NoJson)
        assert 1 <= piece.line <= text.count("\n") + 1


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ('{"a": 1}\n{"a": "cut of\n{"a": 3}\n', [1, "2", 3]),
        ('{"a": 1}\n{"a": [{"b": 1}, {"b\n{"a": 3}\n', [1, "2", 3]),
        ('{"a": 1}\n{"a" 2}\n{"a": 3}', [1, "2", 3]),
        ('hello\n{"a": 2}', ["1", 2]),
        ('{"a": 1} tail\n{"a": 2}', [1, "1", 2]),
        ('{"a": 1}\n{', [1, "2"]),
        ('{\n "a": 1\n}\n{\n "a": [\n{\n "a": 3\n}', [1, "4", 3]),
        ('[\n {\n  "a": 1\n },\n {\n  "a": {\n },\n {\n  "a": 3\n }\n]', [1, "5", 3]),
        ('\ufeff{"a": 1}\n\ufeff{"a": 2}', [1, 2]),
        ('{"a": 1}\n{"a": ' + "9" * 5000 + '}\n{"a": 3}', [1, "2", 3]),
        ('{"a": 1}\n{"a": ' + "[" * 100_000 + '\n{"a": 3}', [1, "2", 3]),
    ],
)
def test_what_is_broken_is_named_by_its_line(text: str, lines: list[object]) -> None:
    told = [
        piece.value["a"] if isinstance(piece, Json) else str(piece.line)  # type: ignore[index]
        for piece in read(text)
    ]
    assert told == lines


def test_half_characters_are_mended_and_whole_ones_are_not_touched() -> None:
    cut, whole, raw = read('{"a": "\\ud83d"}\n{"a": "\\ud83d\\ude00"}\n{"a": "\udcff"}')
    assert cut == Json(1, {"a": "?"}, mended=True)
    assert whole == Json(2, {"a": "😀"})
    assert raw == Json(3, {"a": "?"}, mended=True)


def test_nan_is_nothing_and_infinity_is_a_number() -> None:
    [piece] = read('{"a": NaN, "b": -Infinity}')
    assert piece == Json(1, {"a": None, "b": float("-inf")})


@pytest.mark.parametrize("between", ["\n", ","])
def test_memory_holds_little_of_a_large_file(
    between: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("large") / "log"
    one = json.dumps({"text": "x" * 1000})
    path.write_text("[" + between.join([one] * 10_000) + "]")
    with path.open() as text, pytest.MonkeyPatch.context() as patch:
        patch.setattr(splitting, "_PIECE", 256 * 1024)
        tracemalloc.start()
        count = sum(isinstance(piece, Json) for piece in split(text))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert count == 10_000
    assert peak < 3_000_000 < path.stat().st_size


def test_a_broken_line_takes_no_time_that_grows_with_its_square() -> None:
    [piece] = read('{"a": "' + "x" * 3_000_000)
    assert isinstance(piece, NoJson)
