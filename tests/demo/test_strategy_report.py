import json
from io import StringIO

from rich.console import Console

from pilotfish.demo.strategies import Fit, FoundStrategy
from pilotfish.demo.strategy_report import as_json, print_strategies

FOUND = (
    FoundStrategy("read-grid-1", "read_grid, fill_table", 40, 10, 20, 15),
    FoundStrategy("read-words-2", "read_words, sort"),
)
FIT = Fit(0.873, {"read-grid-1": "dynamic_programming"}, ("dynamic_programming",))


def printed(report: dict[str, object]) -> str:
    console = Console(file=StringIO(), width=120)
    print_strategies(console, report)
    return str(console.file.getvalue())  # type: ignore[attr-defined]


def test_found_strategies_are_printed_with_their_counts() -> None:
    text = printed(as_json(FOUND, FIT))
    assert "read_grid, fill_table" in text and "dynamic_programming" in text
    assert "25%" in text and "75%" in text
    assert "1 of 8 solvers were found" in text
    assert "0.87" in text


def test_the_json_has_all_of_them() -> None:
    report = json.loads(json.dumps(as_json(FOUND, FIT)))
    assert report["solvers_found"] == ["dynamic_programming"]
    assert [each["solver"] for each in report["strategies"]] == [
        "dynamic_programming",
        "",
    ]


def test_where_approaches_are_named_nothing_is_printed() -> None:
    assert printed({"attempts": 300}) == ""
